package scratch

import (
	"os"
	"testing"
)

func TestOpenRemovesWhatTheDeadLeft(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	open := func() *Dir {
		d, err := Open("test-")
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	live, dead := open(), open()
	// What a killed owner leaves: all but the lock.
	dead.lock.Close()
	third := open()
	for _, d := range []*Dir{live, third} {
		if _, err := os.Stat(d.Path); err != nil {
			t.Errorf("the directory of a living owner: %v", err)
		}
	}
	if _, err := os.Stat(dead.Path); !os.IsNotExist(err) {
		t.Errorf("the directory of a dead owner is there: %v", err)
	}
	for _, d := range []*Dir{live, third} {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(d.Path); !os.IsNotExist(err) {
			t.Errorf("a closed directory is there: %v", err)
		}
	}
}
