package sysbench

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
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
	if slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "--report-checkpoints") }) {
		t.Errorf("%q: nobody asked for a warm-up", args)
	}
	r.WarmUp = 2
	if args, err = r.args("run"); err != nil || !slices.Contains(args, "--time=12") || !slices.Contains(args, "--report-checkpoints=2") {
		t.Errorf("%q, %v: no warm-up of 2 s", args, err)
	}
	r.Addr = "nonsense"
	if _, err := r.args("run"); err == nil {
		t.Error("an address without a port is accepted")
	}
}

// The window of a run, which begins behind the warm-up: each mark is seen once, at its line, however the bytes arrive.
func TestWatch(t *testing.T) {
	const printed = "head\nThreads started!\n\n[ 1s ] Checkpoint report:\nSQL statistics:\n 1\nSQL statistics:\n 2\nSQL statistics:\n"
	for warmUp, want := range map[int]string{
		0: "head\nThreads started!\n(start)\n[ 1s ] Checkpoint report:\nSQL statistics:\n(stop) 1\nSQL statistics:\n 2\nSQL statistics:\n",
		1: "head\nThreads started!\n\n[ 1s ] Checkpoint report:\n(start)SQL statistics:\n 1\nSQL statistics:\n(stop) 2\nSQL statistics:\n",
	} {
		var seen strings.Builder
		watcher := Run{WarmUp: warmUp}.watch(func() { seen.WriteString("(start)") }, func() { seen.WriteString("(stop)") })
		for i := range len(printed) {
			seen.WriteByte(printed[i])
			if _, err := watcher.Write([]byte{printed[i]}); err != nil {
				t.Fatal(err)
			}
		}
		if seen.String() != want {
			t.Errorf("a warm-up of %d s: %q, want %q", warmUp, seen.String(), want)
		}
	}
}

func TestLineWatcherWaitsForTheEndOfTheLine(t *testing.T) {
	var seen int
	watcher := &lineWatcher{marks: []mark{{"Threads started!", func() { seen++ }}}}
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
