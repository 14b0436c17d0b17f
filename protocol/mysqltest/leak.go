package mysqltest

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// CheckLeaks makes the test fail if, when everything was closed, there are goroutines or descriptors that were not there
// before. It goes first in a test: what is registered for cleanup later is closed before the check. Not for tests that run in
// parallel with others.
func CheckLeaks(t testing.TB) {
	t.Helper()
	// The runtime opens descriptors of its own with the first socket.
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		l.Close()
	}
	goroutines, descriptors := goroutineStacks(), openDescriptors()
	t.Cleanup(func() {
		var stacks, open []string
		// What was told to end may take a moment.
		for wait := time.Millisecond; wait < 2*time.Second; wait *= 2 {
			stacks, open = added(goroutines, goroutineStacks()), added(descriptors, openDescriptors())
			if len(stacks) == 0 && len(open) == 0 {
				return
			}
			<-time.After(wait)
		}
		if len(stacks) > 0 {
			t.Errorf("%d goroutines were left behind:\n%s", len(stacks), strings.Join(stacks, "\n\n"))
		}
		if len(open) > 0 {
			t.Errorf("%d descriptors were left open:\n%s", len(open), strings.Join(open, "\n"))
		}
	})
}

// added gives the values of the keys that before lacks.
func added(before, after map[string]string) (list []string) {
	for key, value := range after {
		if _, ok := before[key]; !ok {
			list = append(list, value)
		}
	}
	return list
}

// goroutineStacks gives the stack of each goroutine by its number.
func goroutineStacks() map[string]string {
	buffer := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buffer, true)
		if n < len(buffer) {
			buffer = buffer[:n]
			break
		}
		buffer = make([]byte, 2*len(buffer))
	}
	stacks := map[string]string{}
	for _, stack := range strings.Split(string(buffer), "\n\n") {
		// "goroutine 7 [running]:"
		if number := strings.Fields(stack); len(number) > 1 {
			stacks[number[1]] = stack
		}
	}
	return stacks
}

// openDescriptors gives number and target of each open descriptor, as key and value; nothing where there is no /proc.
func openDescriptors() map[string]string {
	paths, _ := filepath.Glob("/proc/self/fd/*")
	open := map[string]string{}
	for _, path := range paths {
		if target, err := os.Readlink(path); err == nil { // not the one that listed the directory
			line := filepath.Base(path) + " -> " + target
			open[line] = line
		}
	}
	return open
}
