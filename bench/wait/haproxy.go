package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
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
	cmd     *exec.Cmd
	dir     string
	address string
}

func startHAProxy(threads int, server string) (*haproxy, error) {
	dir, err := os.MkdirTemp("", "wait-haproxy")
	if err != nil {
		return nil, err
	}
	h := &haproxy{dir: dir}
	if h.address, err = freePort(); err != nil {
		h.end()
		return nil, err
	}
	config := filepath.Join(dir, "haproxy.cfg")
	text := fmt.Sprintf(haproxyConfig, threads, h.address, server)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		h.end()
		return nil, err
	}
	h.cmd = exec.Command(haproxyPath(), "-db", "-q", "-f", config)
	if err := h.cmd.Start(); err != nil {
		h.end()
		return nil, err
	}
	return h, h.awaitListening()
}

// awaitListening waits without connecting, since each connection counts for the server behind.
func (h *haproxy) awaitListening() error {
	_, port, err := net.SplitHostPort(h.address)
	if err != nil {
		return err
	}
	var number int
	fmt.Sscan(port, &number)
	line := fmt.Sprintf(":%04X 00000000:0000 0A", number) // State 0A: listening (proc(5), /proc/net/tcp).
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		table, err := os.ReadFile("/proc/net/tcp")
		if err != nil {
			return err
		}
		if strings.Contains(string(table), line) {
			return nil
		}
	}
	return fmt.Errorf("haproxy does not listen on %s", h.address)
}

// ask returns the CPU time in microseconds: that of all threads, the first field of schedstat in nanoseconds.
func (h *haproxy) ask(string) (int64, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", h.cmd.Process.Pid))
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

func (h *haproxy) line() (string, error) { return h.address, nil }

func (h *haproxy) end() {
	if h.cmd != nil && h.cmd.Process != nil {
		h.cmd.Process.Kill()
		h.cmd.Wait()
	}
	os.RemoveAll(h.dir)
}

func freePort() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}
