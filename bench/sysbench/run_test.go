package sysbench

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestArgs(t *testing.T) {
	r := Run{Workload: "oltp_point_select", Addr: "127.0.0.1:6033", Threads: 64, Seconds: 10, PSMode: "auto"}
	args, err := r.args("run")
	if err != nil {
		t.Fatal(err)
	}
	if args[0] != "oltp_point_select" || args[len(args)-1] != "run" {
		t.Errorf("%q: the test comes first, the command last", args)
	}
	for _, want := range []string{"--mysql-host=127.0.0.1", "--mysql-port=6033", "--threads=64", "--time=10", "--db-ps-mode=auto"} {
		if !slices.Contains(args, want) {
			t.Errorf("%q has no %s", args, want)
		}
	}
	r.Addr = "nonsense"
	if _, err := r.args("run"); err == nil {
		t.Error("an address without a port is accepted")
	}
}

// The window of a run: each mark is seen once, at its line, however the bytes arrive.
func TestLineWatcher(t *testing.T) {
	var seen []string
	watcher := &lineWatcher{on: map[string]func(){
		"Threads started!": func() { seen = append(seen, "start") },
		"SQL statistics:":  func() { seen = append(seen, "stop") },
	}}
	text := iotest.OneByteReader(strings.NewReader(wellEnded + wellEnded))
	for {
		p := make([]byte, 64)
		n, err := text.Read(p)
		if n == 0 && err != nil {
			break
		}
		if _, err := watcher.Write(p[:n]); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"start", "stop"}; !slices.Equal(seen, want) {
		t.Errorf("seen %q, want %q", seen, want)
	}
}

func TestLineWatcherWaitsForTheEndOfTheLine(t *testing.T) {
	var seen int
	watcher := &lineWatcher{on: map[string]func(){"Threads started!": func() { seen++ }}}
	for _, step := range []struct {
		write string
		seen  int
	}{{"Threads star", 0}, {"ted!", 0}, {"\nSQL", 1}} {
		if _, err := watcher.Write([]byte(step.write)); err != nil {
			t.Fatal(err)
		}
		if seen != step.seen {
			t.Errorf("after %q: seen %d, want %d", step.write, seen, step.seen)
		}
	}
}

// A run of which nobody knows when it began is no measurement.
func TestRunWithoutMarks(t *testing.T) {
	report, ok := strings.CutPrefix(wellEnded[strings.Index(wellEnded, "Threads started!"):], "Threads started!")
	if !ok {
		t.Fatal("the sample has no mark")
	}
	dir := t.TempDir()
	script := "#!/bin/sh\ncat <<'END'\n" + report + "\nEND\n"
	if err := os.WriteFile(filepath.Join(dir, "sysbench"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	r := Run{Workload: "oltp_point_select", Addr: "127.0.0.1:1", Threads: 1, Seconds: 1, PSMode: "auto"}
	_, err := r.Do(t.Context(), func() { t.Error("it began") }, func() {})
	if err == nil || !strings.Contains(err.Error(), "did not say") {
		t.Errorf("error %v", err)
	}
}
