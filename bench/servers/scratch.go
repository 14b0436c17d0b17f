package servers

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// A scratch directory holds the data of one cluster. Its owner keeps the file
// "lock" in it locked while it lives, so that the next one can remove what a
// killed program left behind.
const (
	scratchPrefix = "parkway-servers-"
	scratchLock   = "lock"
)

// scratch is where a cluster's data lives.
type scratch struct {
	path string
	lock *os.File // nil: the caller's own directory, which is kept
}

// openScratch makes a temporary directory, or, if dir is not "", takes that one.
func openScratch(dir string) (*scratch, error) {
	if dir != "" {
		return keptScratch(dir)
	}
	sweep(os.TempDir())
	path, err := os.MkdirTemp("", scratchPrefix)
	if err != nil {
		return nil, err
	}
	s := &scratch{path: path}
	if err := s.claim(); err != nil {
		os.RemoveAll(path)
		return nil, err
	}
	return s, nil
}

// claim opens the directory to the servers' user and locks it. The lock file
// appears under its name only when it is locked: no moment in which another
// program takes the directory for abandoned.
func (s *scratch) claim() error {
	if err := os.Chmod(s.path, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(s.path, scratchLock)
	if err != nil {
		return err
	}
	if err := flock(f, syscall.LOCK_EX); err != nil {
		f.Close()
		return err
	}
	s.lock = f
	return os.Rename(f.Name(), filepath.Join(s.path, scratchLock))
}

func keptScratch(dir string) (*scratch, error) {
	path, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	if len(entries) > 0 {
		return nil, fmt.Errorf("%s is not empty", path)
	}
	return &scratch{path: path}, nil
}

// close removes a temporary directory.
func (s *scratch) close() error {
	if s.lock == nil {
		return nil
	}
	err := os.RemoveAll(s.path)
	s.lock.Close()
	return err
}

// sweep removes the scratch directories under temp whose owner is gone. What it
// cannot remove stays: it belongs to somebody else.
func sweep(temp string) {
	locks, err := filepath.Glob(filepath.Join(temp, scratchPrefix+"*", scratchLock))
	if err != nil {
		return
	}
	for _, path := range locks {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if flock(f, syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(filepath.Dir(path))
		}
		f.Close()
	}
}

// copyTree copies the directory from to the new directory to, files, their
// modes and, when root copies, their owners.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if entry.IsDir() {
			err = os.Mkdir(target, info.Mode().Perm())
		} else {
			err = copyFile(path, target, info.Mode().Perm())
		}
		if err != nil {
			return err
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok || os.Getuid() != 0 {
			return nil
		}
		return os.Lchown(target, int(stat.Uid), int(stat.Gid))
	})
}

// copyFile copies one file; the kernel does it where it can
// (copy_file_range(2) behind ReadFrom).
func copyFile(from, to string, mode fs.FileMode) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = dst.ReadFrom(src)
	return errors.Join(err, dst.Close())
}
