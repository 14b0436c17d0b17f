package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"parkway/bench/servers/port"
	"parkway/bench/servers/process"
)

const (
	startLimit = 10 * time.Second      // until a server greets through a new proxy
	startPoll  = 50 * time.Millisecond // between two looks
	stopGrace  = 5 * time.Second       // from SIGTERM to SIGKILL
)

// launch is how to start a proxy that reads one configuration file and listens on one port.
type launch struct {
	program string
	args    []string // the path of the configuration follows them
	config  func(addr string) string
}

// start runs the program as a target, and returns when a MySQL server greets through it. The error holds what the program
// printed.
func (l launch) start(ctx context.Context) (t target, err error) {
	var undo []func()
	clean := func() {
		for i := len(undo) - 1; i >= 0; i-- {
			undo[i]()
		}
	}
	defer func() {
		if err != nil {
			clean()
		}
	}()
	reserved, err := port.Reserve()
	if err != nil {
		return target{}, err
	}
	undo = append(undo, reserved.Release)
	dir, err := os.MkdirTemp("", "compare-")
	if err != nil {
		return target{}, err
	}
	undo = append(undo, func() { os.RemoveAll(dir) })
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(reserved.Number()))
	config := filepath.Join(dir, "config")
	if err := os.WriteFile(config, []byte(l.config(addr)), 0o600); err != nil {
		return target{}, err
	}
	cmd := exec.Command(l.program, append(l.args, config)...)
	var printed strings.Builder
	cmd.Stdout, cmd.Stderr = &printed, &printed
	child, err := process.Start(cmd)
	if err != nil {
		return target{}, err
	}
	undo = append(undo, func() { child.Stop(stopGrace) })
	if err := awaitServer(ctx, addr, child); err != nil {
		child.Stop(stopGrace) // then nobody writes to printed
		return target{}, fmt.Errorf("%w\n%s", err, printed.String())
	}
	return target{addr: addr, proxy: child, stop: clean}, nil
}

// awaitServer waits until a MySQL server greets at addr, where child listens.
func awaitServer(ctx context.Context, addr string, child *process.Process) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		_, err := serverVersion(ctx, addr)
		if err == nil {
			return nil
		}
		select {
		case <-child.Done():
			return errors.New("it ended: " + child.Exit())
		case <-ctx.Done():
			return fmt.Errorf("no MySQL server greets at %s: %w", addr, err)
		case <-time.After(startPoll):
		}
	}
}
