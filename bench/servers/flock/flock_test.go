package flock

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTry(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	open := func() *os.File {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	first, second := open(), open()
	if err := Wait(first); err != nil {
		t.Fatal(err)
	}
	if taken, err := Try(second); taken || err != nil {
		t.Errorf("a held lock: %v, %v, want false", taken, err)
	}
	first.Close()
	if taken, err := Try(second); !taken || err != nil {
		t.Errorf("a free lock: %v, %v, want true", taken, err)
	}
	second.Close()
	if _, err := Try(second); err == nil {
		t.Error("a closed file: no error")
	}
}
