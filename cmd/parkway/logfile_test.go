package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A log that is rotated while many threads write has every line, once, in the old file or the new one.
func TestLogFileIsRotated(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "log")
	l, err := openLogFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	const threads, lines, rotations = 4, 2000, 20
	var running sync.WaitGroup
	for i := range threads {
		running.Go(func() {
			for n := range lines {
				if _, err := fmt.Fprintf(l, "%d-%d\n", i, n); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range rotations {
		if err := os.Rename(path, fmt.Sprint(path, ".", i)); err != nil {
			t.Fatal(err)
		}
		if err := l.reopen(); err != nil {
			t.Fatal(err)
		}
	}
	running.Wait()
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) != rotations+1 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	seen := make(map[string]int)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			seen[line]++
		}
	}
	for line, n := range seen {
		if n != 1 {
			t.Errorf("%q is there %d times", line, n)
		}
	}
	if len(seen) != threads*lines {
		t.Errorf("%d lines, want %d", len(seen), threads*lines)
	}
}

// A log that can't be opened again goes on where it is; so does one that need not be.
func TestLogFileStays(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "logs")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "log")
	l, err := openLogFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	before := l.file.Load()
	if err := l.reopen(); err != nil || l.file.Load() != before {
		t.Errorf("a file that has its name still was opened again (%v)", err)
	}
	moved := folder + ".old"
	if err := os.Rename(folder, moved); err != nil {
		t.Fatal(err)
	}
	if err := l.reopen(); err == nil {
		t.Error("a folder that is gone is no error")
	}
	if _, err := l.Write([]byte("said\n")); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(moved, "log")); err != nil || string(text) != "said\n" {
		t.Errorf("the old file has %q, %v", text, err)
	}
	var none *logFile
	none.close()
	if err := none.reopen(); err != nil {
		t.Errorf("standard error: %v", err)
	}
}

// SIGHUP opens the log file again, also when the configuration is bad and while the clients leave.
func TestReloadOpensTheLogAgain(t *testing.T) {
	checkLeaks(t)
	r, _ := startStalled(t)
	// From the pipe to a file, and from there to another.
	rotated := 0
	rotate := func() {
		t.Helper()
		rotated++
		if err := os.Rename(r.set.log, fmt.Sprint(r.set.log, ".", rotated)); err != nil {
			t.Fatal(err)
		}
		r.signal(syscall.SIGHUP)
	}
	said := func(message string) {
		t.Helper()
		for late := time.Now().Add(patience); ; <-time.After(time.Millisecond) {
			if text, _ := os.ReadFile(r.set.log); strings.Contains(string(text), message) {
				return
			}
			if time.Now().After(late) {
				t.Fatalf("the new log does not say %q", message)
			}
		}
	}
	rotate()
	said("configuration reloaded")
	if err := os.WriteFile(r.file, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	rotate()
	said("reload refused")
	r.signal(syscall.SIGTERM)
	said("draining")
	rotate()
	for late := time.Now().Add(patience); ; <-time.After(time.Millisecond) {
		if _, err := os.Stat(r.set.log); err == nil {
			break
		}
		if time.Now().After(late) {
			t.Fatal("there is no new log")
		}
	}
	r.signal(syscall.SIGTERM)
	if code := r.ended(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	said("stopped")
}
