package process

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// Memory is what a process has resident, in bytes.
type Memory struct {
	RSS       int64 // all of it, shared libraries and the program's text too
	Anonymous int64 // heaps and stacks: what nobody else can have
}

// Memory adds up the process's pages, exactly: Stat's figure may lack some that were touched just now.
func (p *Process) Memory() (Memory, error) {
	// A kernel that was built without smaps has the same in status, with a small error.
	for _, file := range []struct{ name, rss, anonymous string }{
		{"smaps_rollup", "Rss", "Anonymous"}, {"status", "VmRSS", "RssAnon"},
	} {
		path := fmt.Sprintf("/proc/%d/%s", p.PID(), file.name)
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) && p.Running() {
			continue
		}
		if err != nil {
			return Memory{}, err
		}
		var m Memory
		if m.RSS, err = kibibytes(text, file.rss); err == nil {
			m.Anonymous, err = kibibytes(text, file.anonymous)
		}
		if err != nil {
			return Memory{}, fmt.Errorf("%s: %w", path, err)
		}
		return m, nil
	}
	return Memory{}, fmt.Errorf("process %d: the kernel does not tell its memory", p.PID())
}

// kibibytes finds a line "Rss:    1234 kB" and returns its bytes.
func kibibytes(text []byte, name string) (int64, error) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		rest, found := strings.CutPrefix(lines.Text(), name+":")
		if !found {
			continue
		}
		number, ok := strings.CutSuffix(strings.TrimSpace(rest), " kB")
		n, err := strconv.ParseInt(number, 10, 64)
		if !ok || err != nil {
			return 0, fmt.Errorf("cannot read %q", lines.Text())
		}
		return n << 10, nil
	}
	return 0, fmt.Errorf("no line %s", name)
}
