// Package port hands out TCP ports of 127.0.0.1 to the servers that tests and
// benches start.
//
// A port that is merely free at the moment of asking can be taken before the
// server binds it: by another test binary (packages are tested in parallel, and
// SO_REUSEPORT would let two proxies share a port without an error), or while a
// killed server is about to come back. So each port is reserved by a locked
// file that all processes of the user agree on, and taken from below the
// kernel's range for outgoing connections.
package port

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"parkway/bench/servers/flock"
)

// The range ports are taken from: Linux gives outgoing connections 32768 and up.
const (
	first = 12000
	last  = 31999
	tries = 200
)

var errTaken = errors.New("the port is taken")

// Port is a reserved port. The reservation ends with Release or the process.
type Port struct {
	number int
	lock   *os.File
}

// Reserve finds a port of 127.0.0.1 that nobody listens on and nobody else has
// reserved. Safe for any number of goroutines and processes.
func Reserve() (*Port, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("parkway-ports-%d", os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("reserve a port: %w", err)
	}
	for range tries {
		p, err := take(dir, first+rand.IntN(last-first+1))
		if err == nil {
			return p, nil
		}
		if !errors.Is(err, errTaken) {
			return nil, fmt.Errorf("reserve a port: %w", err)
		}
	}
	return nil, fmt.Errorf("reserve a port: none of %d tried is free", tries)
}

// Number is the port.
func (p *Port) Number() int { return p.number }

// Release ends the reservation. The port must not be used afterwards.
func (p *Port) Release() { p.lock.Close() }

// take reserves one port, or returns errTaken.
func take(dir string, number int) (*Port, error) {
	lock, err := os.OpenFile(filepath.Join(dir, strconv.Itoa(number)), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	mine, err := flock.Try(lock)
	if err != nil {
		lock.Close()
		return nil, err
	}
	if !mine || !Free(number) {
		lock.Close()
		return nil, errTaken
	}
	return &Port{number: number, lock: lock}, nil
}

// Free reports whether nobody listens on that port of 127.0.0.1 right now.
func Free(number int) bool {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", number))
	if err != nil {
		return false
	}
	l.Close()
	return true
}
