package main

import (
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"parkway/reactor/transport"
)

const requestSize = 100

// prepareEcho listens; each connection's bytes go back to it. One loop, on a free thread.
func prepareEcho(s setup) (string, func() error, func(string) int64, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, nil, err
	}
	buf := make([]byte, 64<<10)
	l, err := newLoop(waitBlock, threadFree, 0, func(fd int) {
		for begin := time.Now(); time.Since(begin) < s.Work; {
		}
		pass(fd, fd, buf)
	})
	if err != nil {
		return "", nil, nil, err
	}
	start := func() error {
		for range s.Connections {
			fd, err := accept(ln)
			if err != nil {
				return err
			}
			if err := l.add(fd); err != nil {
				return err
			}
		}
		go run(l)
		return nil
	}
	return ln.Addr().String(), start, func(string) int64 { return 0 }, nil
}

// prepareLoad connects and keeps one request under way on each connection. The counter is that of answers.
func prepareLoad(s setup) (string, func() error, func(string) int64, error) {
	var answers answerTimes
	request, buf := make([]byte, requestSize), make([]byte, 64<<10)
	sent := map[int]time.Time{}
	l, err := newLoop(waitBlock, threadFree, 0, func(fd int) {
		// An answer of 100 bytes over loopback arrives in one piece.
		n, err := transport.Socket(fd).Read(buf)
		if err != nil || n != requestSize {
			fmt.Fprintf(os.Stderr, "load: read %d bytes: %v\n", n, err)
			os.Exit(1)
		}
		now := time.Now()
		answers.add(now.Sub(sent[fd]))
		sent[fd] = now
		transport.Socket(fd).Write(request)
	})
	if err != nil {
		return "", nil, nil, err
	}
	start := func() error {
		for range s.Connections {
			fd, err := connect(s.Server)
			if err != nil {
				return err
			}
			if err := l.add(fd); err != nil {
				return err
			}
			sent[fd] = time.Now()
			transport.Socket(fd).Write(request)
		}
		go run(l)
		return nil
	}
	return "", start, answers.answer, nil
}

// answerTimes counts answers and remembers how long each took.
type answerTimes struct {
	mu    sync.Mutex
	count int64
	times []time.Duration // Since askP99 was last asked.
}

func (a *answerTimes) add(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count++
	a.times = append(a.times, d)
}

func (a *answerTimes) answer(question string) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if question != askP99 {
		return a.count
	}
	if len(a.times) == 0 {
		return 0
	}
	slices.Sort(a.times)
	p99 := a.times[len(a.times)*99/100]
	a.times = a.times[:0]
	return p99.Microseconds()
}

// pass moves what is readable on one socket to another.
func pass(from, to int, buf []byte) {
	n, err := transport.Socket(from).Read(buf)
	if err == transport.ErrAgain {
		return
	}
	if err != nil {
		os.Exit(0) // The other processes were ended.
	}
	transport.Socket(to).Write(buf[:n])
}

func run(l *loop) {
	if err := l.run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// accept takes one connection off ln and returns its descriptor, non-blocking and out of the hands of Go's own poller.
func accept(ln net.Listener) (int, error) {
	c, err := ln.Accept()
	if err != nil {
		return -1, err
	}
	return takeOver(c)
}

func connect(addr string) (int, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return -1, err
	}
	return takeOver(c)
}

func takeOver(c net.Conn) (int, error) {
	defer c.Close()
	f, err := c.(*net.TCPConn).File()
	if err != nil {
		return -1, err
	}
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	return fd, unix.SetNonblock(fd, true)
}
