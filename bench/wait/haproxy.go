package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"parkway/bench/servers/port"
	"parkway/bench/servers/process"
)

// haproxyPath returns where HAProxy is, "" if it isn't installed.
func haproxyPath() string {
	path, err := exec.LookPath("haproxy")
	if err != nil {
		return ""
	}
	return path
}

const haproxyConfig = `
global
    maxconn 1000
    nbthread %d
defaults
    mode tcp
    timeout connect 5s
    timeout client 1m
    timeout server 1m
listen forward
    bind %s
    server echo %s
`

// haproxy is a running HAProxy in place of the forwarder.
type haproxy struct {
	process *process.Process
	port    *port.Port
	dir     string
}

func startHAProxy(threads int, server string) (*haproxy, error) {
	h := new(haproxy)
	if err := h.start(threads, server); err != nil {
		h.end()
		return nil, err
	}
	return h, nil
}

func (h *haproxy) start(threads int, server string) (err error) {
	if h.dir, err = os.MkdirTemp("", "wait-haproxy"); err != nil {
		return err
	}
	if h.port, err = port.Reserve(); err != nil {
		return err
	}
	config := filepath.Join(h.dir, "haproxy.cfg")
	text := fmt.Sprintf(haproxyConfig, threads, h.address(), server)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	if h.process, err = process.Start(exec.Command(haproxyPath(), "-db", "-q", "-f", config)); err != nil {
		return err
	}
	return h.awaitListening()
}

func (h *haproxy) address() string { return fmt.Sprintf("127.0.0.1:%d", h.port.Number()) }

// awaitListening waits without connecting, since each connection counts for the server behind.
func (h *haproxy) awaitListening() error {
	line := fmt.Sprintf(":%04X 00000000:0000 0A", h.port.Number()) // State 0A: listening (proc(5), /proc/net/tcp).
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		table, err := os.ReadFile("/proc/net/tcp")
		if err != nil {
			return err
		}
		if strings.Contains(string(table), line) {
			return nil
		}
	}
	return fmt.Errorf("haproxy does not listen on %s", h.address())
}

// ask returns the CPU time in microseconds: that of all threads, the first field of schedstat in nanoseconds.
func (h *haproxy) ask(string) (int64, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", h.process.PID()))
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return 0, err
		}
		var ns int64
		if _, err := fmt.Sscan(string(text), &ns); err != nil {
			return 0, err
		}
		sum += ns
	}
	return sum / 1000, nil
}

func (h *haproxy) line() (string, error) { return h.address(), nil }

func (h *haproxy) end() {
	if h.process != nil {
		h.process.Kill()
	}
	if h.port != nil {
		h.port.Release()
	}
	os.RemoveAll(h.dir)
}
