package main

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
)

// logFile is a log that others may rename while it is written, as logrotate does: reopen goes on in a new file of the old name. Any thread
// writes, without a lock; reopen and close are for the control thread. A nil one, of a log that is no file, has nothing to reopen or close.
type logFile struct {
	path string
	file atomic.Pointer[os.File]
}

func openLogFile(path string) (*logFile, error) {
	l := &logFile{path: path}
	f, err := l.open()
	if err != nil {
		return nil, err
	}
	l.file.Store(f)
	return l, nil
}

func (l *logFile) open() (*os.File, error) {
	f, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	return f, nil
}

// Write writes to the file that is open. One that is closed meanwhile has not taken anything.
func (l *logFile) Write(line []byte) (int, error) {
	for {
		f := l.file.Load()
		n, err := f.Write(line)
		if err == nil || !errors.Is(err, os.ErrClosed) || l.file.Load() == f {
			return n, err
		}
	}
}

// reopen opens the log by its name, unless that is the file that is open already. If it can't, the old file stays in use.
func (l *logFile) reopen() error {
	if l == nil {
		return nil
	}
	old := l.file.Load()
	is, err := old.Stat()
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	if named, err := os.Stat(l.path); err == nil && os.SameFile(is, named) {
		return nil // It may be a pipe, which would wait for a reader.
	}
	f, err := l.open()
	if err != nil {
		return err
	}
	l.file.Store(f)
	return old.Close()
}

func (l *logFile) close() {
	if l != nil {
		l.file.Load().Close()
	}
}
