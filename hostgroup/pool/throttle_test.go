package pool

import (
	"testing"
	"time"

	"parkway/protocol/mysqltest"
)

// So many connections are due in a second, however they are asked for.
func TestThrottlePause(t *testing.T) {
	for _, rate := range []int{1, 3, 100, 5000, 1_000_000} {
		var th throttle
		now, made := int64(time.Hour), 0
		for end := now + int64(2*time.Second); now < end && made < 20_000; {
			if d := th.pause(now, rate); d > 0 {
				now += int64(d)
				continue
			}
			if !th.take(now, rate) {
				t.Fatalf("%d a second: not due after the pause", rate)
			}
			made++
		}
		limit := 2*rate + 1 + int(burst)*rate/int(time.Second)
		if rate < 10_000 && (made > limit || made < 2*rate) {
			t.Errorf("%d connections in two seconds, want %d to %d", made, 2*rate, limit)
		}
		if rate > 10_000 && made < 20_000 {
			t.Errorf("%d connections only at %d a second", made, rate)
		}
	}
}

// Who may not connect yet waits in the queue, in order, and is served in time; what is idle meanwhile stays.
func TestThrottle(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	w := newWorld(t, 2, at(t, server.Addr(), 10))
	w.settings.ThrottleConnectionsPerSec = 20
	begun := time.Now()
	var clients []*client
	for i := range 4 {
		c := w.newSharer(i % 2)
		c.acquire()
		clients = append(clients, c)
	}
	for _, c := range clients {
		c.mustGet()
	}
	if d := time.Since(begun); d < 3*time.Second/20-burst {
		t.Errorf("4 connections within %v", d)
	}
	waitWaiting(w, "0")
}

// A wait that the throttle made too long names it.
func TestThrottleTimeout(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked})
	w := newWorld(t, 1, at(t, server.Addr(), 10))
	w.settings.ThrottleConnectionsPerSec, w.settings.ConnectTimeoutServerMax = 1, 30*time.Millisecond
	first, second := w.newSharer(0), w.newSharer(0)
	first.acquire()
	second.acquire()
	first.mustGet()
	second.mustFail(9001, "no more than 1 new connections a second", "waited ")
}
