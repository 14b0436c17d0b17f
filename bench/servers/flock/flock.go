// Package flock locks files against other processes: flock(2), whose locks end
// with the file's closing and so with the process, however it ends.
package flock

import (
	"errors"
	"os"
	"syscall"
)

// Wait takes the exclusive lock of an open file, waiting for it.
func Wait(f *os.File) error { return flock(f, syscall.LOCK_EX) }

// Try takes the exclusive lock of an open file if nobody has it.
func Try(f *os.File) (taken bool, err error) {
	err = flock(f, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// flock goes on after a signal.
func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError("flock", err)
		}
	}
}
