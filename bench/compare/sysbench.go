package main

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
	tables    = 4
	tableRows = 10_000
)

// hangLimit is how long a run may go on after its time: a proxy that lost an answer would keep sysbench for ever.
const hangLimit = 30 * time.Second

// bench is one call of sysbench.
type bench struct {
	workload string
	addr     string // host:port
	threads  int
	seconds  int
	psMode   string
}

// args returns sysbench's command line for command (prepare, run, cleanup).
func (b bench) args(command string) ([]string, error) {
	host, port, err := net.SplitHostPort(b.addr)
	if err != nil {
		return nil, err
	}
	return []string{
		b.workload,
		"--db-driver=mysql", "--mysql-host=" + host, "--mysql-port=" + port,
		"--mysql-user=app", "--mysql-password=app", "--mysql-db=sbtest",
		"--tables=" + strconv.Itoa(tables), "--table-size=" + strconv.Itoa(tableRows),
		"--threads=" + strconv.Itoa(b.threads), "--time=" + strconv.Itoa(b.seconds), "--events=0",
		"--db-ps-mode=" + b.psMode, "--percentile=95",
		command,
	}, nil
}

// prepareTables replaces the tables of every oltp test on the server at addr.
func prepareTables(ctx context.Context, addr string) error {
	b := bench{workload: "oltp_read_write", addr: addr, threads: 1, seconds: 1, psMode: "disable"}
	for _, command := range []string{"cleanup", "prepare"} {
		args, err := b.args(command)
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

// run runs sysbench and returns its figures. onStart is called when all threads are connected and begin, onStop when the
// last one has ended: just the time in which the queries of the result were made. Both were called if there is no error.
func (b bench) run(ctx context.Context, onStart, onStop func()) (output, error) {
	args, err := b.args("run")
	if err != nil {
		return output{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(b.seconds)*time.Second+hangLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sysbench", args...)
	cmd.WaitDelay = time.Second
	watcher := &lineWatcher{on: map[string]func(){"Threads started!": onStart, "SQL statistics:": onStop}}
	var text bytes.Buffer
	cmd.Stdout = io.MultiWriter(watcher, &text)
	cmd.Stderr = cmd.Stdout // the same writer: one pipe for both, nothing is written at the same time
	err = cmd.Run()
	switch {
	case ctx.Err() == context.DeadlineExceeded:
		return output{}, fmt.Errorf("sysbench was still running %v after its time: an answer never came\n%s", hangLimit, fatalLines(text.String()))
	case ctx.Err() != nil:
		return output{}, ctx.Err()
	case err != nil:
		return output{}, fmt.Errorf("sysbench: %w\n%s", err, fatalLines(text.String()))
	case len(watcher.on) > 0:
		return output{}, fmt.Errorf("sysbench did not say when its threads began and ended:\n%s", text.String())
	}
	return parseOutput(text.String())
}

// lineWatcher calls a function the first time a line comes. sysbench writes line by line, so the call is made when it
// happens.
type lineWatcher struct {
	on   map[string]func()
	line []byte // begun and not ended
}

func (w *lineWatcher) Write(p []byte) (int, error) {
	w.line = append(w.line, p...)
	for {
		line, rest, ok := bytes.Cut(w.line, []byte{'\n'})
		if !ok {
			return len(p), nil
		}
		name := strings.TrimSpace(string(line))
		if call := w.on[name]; call != nil {
			delete(w.on, name)
			call()
		}
		w.line = rest
	}
}
