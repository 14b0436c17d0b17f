// Package scratch makes temporary directories that do not pile up: what a
// killed program could not remove, the next one does.
package scratch

import (
	"os"
	"path/filepath"

	"parkway/bench/servers/flock"
)

// lockName is the file in each directory that its owner keeps locked while it
// lives.
const lockName = "lock"

// Dir is a temporary directory.
type Dir struct {
	Path string
	lock *os.File
}

// Open makes a directory named prefix and something random, which every user
// of the system may enter, after removing those with the same prefix whose
// owner is gone.
func Open(prefix string) (*Dir, error) {
	sweep(filepath.Join(os.TempDir(), prefix))
	path, err := os.MkdirTemp("", prefix)
	if err != nil {
		return nil, err
	}
	d := &Dir{Path: path}
	if err := d.claim(); err != nil {
		os.RemoveAll(path)
		return nil, err
	}
	return d, nil
}

// claim opens the directory to all and locks it. The lock file gets its name
// only when it is locked: in no moment does another program take the directory
// for abandoned.
func (d *Dir) claim() error {
	if err := os.Chmod(d.Path, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(d.Path, lockName)
	if err != nil {
		return err
	}
	if err := flock.Wait(f); err != nil {
		f.Close()
		return err
	}
	d.lock = f
	return os.Rename(f.Name(), filepath.Join(d.Path, lockName))
}

// Close removes the directory and all in it.
func (d *Dir) Close() error {
	err := os.RemoveAll(d.Path)
	d.lock.Close()
	return err
}

// sweep removes the directories whose path begins with prefix and whose owner
// is gone. What it cannot remove stays: it belongs to somebody else.
func sweep(prefix string) {
	locks, err := filepath.Glob(filepath.Join(prefix+"*", lockName))
	if err != nil {
		return
	}
	for _, path := range locks {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if abandoned, _ := flock.Try(f); abandoned {
			_ = os.RemoveAll(filepath.Dir(path))
		}
		f.Close()
	}
}
