// Package sysbench runs sysbench against a server, or a proxy in front of it, and reads what it reports.
package sysbench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// The data of every run: small enough to stay in the server's memory, so that the proxy's share of the work is visible.
const (
	Tables    = 4
	TableRows = 10_000
)

// What a Run may name.
var (
	Workloads = []string{
		"oltp_delete", "oltp_insert", "oltp_point_select", "oltp_read_only", "oltp_read_write", "oltp_update_index", "oltp_update_non_index", "oltp_write_only",
	}
	PSModes = []string{"disable", "auto"}
)

// HangLimit is how long a run may go on after its time: a proxy that lost an answer would keep sysbench for ever.
const HangLimit = 30 * time.Second

// Run is one call of sysbench.
type Run struct {
	Workload string // one of Workloads
	Addr     string // host:port
	Threads  int    // with a connection each
	WarmUp   int    // seconds that the same clients ask before, of which nothing counts
	Seconds  int
	PSMode   string // one of PSModes, --db-ps-mode: disable (text protocol) or auto (prepared statements)
}

// args returns sysbench's command line for command (prepare, run, cleanup).
func (r Run) args(command string) ([]string, error) {
	host, port, err := net.SplitHostPort(r.Addr)
	if err != nil {
		return nil, err
	}
	args := []string{
		r.Workload,
		"--db-driver=mysql", "--mysql-host=" + host, "--mysql-port=" + port,
		"--mysql-user=app", "--mysql-password=app", "--mysql-db=sbtest",
		"--tables=" + strconv.Itoa(Tables), "--table-size=" + strconv.Itoa(TableRows),
		"--threads=" + strconv.Itoa(r.Threads), "--time=" + strconv.Itoa(r.WarmUp+r.Seconds), "--events=0",
		"--db-ps-mode=" + r.PSMode, "--percentile=95",
	}
	if r.WarmUp > 0 {
		args = append(args, "--report-checkpoints="+strconv.Itoa(r.WarmUp)) // where it reports, and begins to count anew
	}
	return append(args, command), nil
}

// Prepare replaces the tables of every oltp test, in the database sbtest of the server at addr (host:port), as app/app.
func Prepare(ctx context.Context, addr string) error {
	r := Run{Workload: "oltp_read_write", Addr: addr, Threads: 1, Seconds: 1, PSMode: "disable"}
	for _, command := range []string{"cleanup", "prepare"} {
		args, err := r.args(command)
		if err != nil {
			return err
		}
		out, err := exec.CommandContext(ctx, "sysbench", args...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("sysbench %s: %w\n%s", command, err, out)
		}
	}
	return nil
}

// Do runs sysbench and returns its figures. onStart is called when all threads are connected and have warmed up, onStop
// when the last one has ended: just the time in which the queries of the result were made. Both were called if there is
// no error.
func (r Run) Do(ctx context.Context, onStart, onStop func()) (Result, error) {
	args, err := r.args("run")
	if err != nil {
		return Result{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(r.WarmUp+r.Seconds)*time.Second+HangLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sysbench", args...)
	cmd.WaitDelay = time.Second
	watcher := r.watch(onStart, onStop)
	var text bytes.Buffer
	cmd.Stdout = io.MultiWriter(watcher, &text)
	cmd.Stderr = cmd.Stdout // the same writer: one pipe for both, nothing is written at the same time
	err = cmd.Run()
	switch {
	case ctx.Err() == context.DeadlineExceeded:
		return Result{}, fmt.Errorf("sysbench was still running %v after its time: an answer never came\n%s", HangLimit, fatalLines(text.String()))
	case ctx.Err() != nil:
		return Result{}, ctx.Err()
	case err != nil:
		return Result{}, fmt.Errorf("sysbench: %w\n%s", err, fatalLines(text.String()))
	case len(watcher.marks) > 0:
		return Result{}, fmt.Errorf("sysbench did not say when its threads began and ended:\n%s", text.String())
	}
	return parseResult(text.String())
}

// reportLine begins a report, of the warm-up and of the run.
const reportLine = "SQL statistics:"

// watch looks for the lines between which the queries count.
func (r Run) watch(onStart, onStop func()) *lineWatcher {
	if r.WarmUp == 0 {
		return &lineWatcher{marks: []mark{{"Threads started!", onStart}, {reportLine, onStop}}}
	}
	return &lineWatcher{marks: []mark{
		{fmt.Sprintf("[ %ds ] Checkpoint report:", r.WarmUp), onStart}, {reportLine, func() {}}, {reportLine, onStop},
	}}
}

// mark is a line, and what is called when it comes.
type mark struct {
	line string
	call func()
}

// lineWatcher waits for one mark after the other. sysbench writes line by line, so the call is made when it happens.
type lineWatcher struct {
	marks []mark // that have not come yet
	line  []byte // begun and not ended
}

func (w *lineWatcher) Write(p []byte) (int, error) {
	w.line = append(w.line, p...)
	for {
		line, rest, ok := bytes.Cut(w.line, []byte{'\n'})
		if !ok {
			return len(p), nil
		}
		if len(w.marks) > 0 && strings.TrimSpace(string(line)) == w.marks[0].line {
			w.marks[0].call()
			w.marks = w.marks[1:]
		}
		w.line = rest
	}
}
