//go:build loopcheck

package reactor

import (
	"testing"
	"time"
)

// Every loop-only method panics on another thread than the loop's.
func TestOwnerIsChecked(t *testing.T) {
	g := startGroup(t)
	l := g.Loops()[0]
	_, fd := socketpair(t)
	c := attach(t, l, fd, &funcs{})
	var timer *Timer
	on(l, func() { timer = l.NewTimer(func() {}) })
	addr, _ := ParseAddr("127.0.0.1", 1)
	for name, call := range map[string]func(){
		"CheckOwner":      l.CheckOwner,
		"OnTurnEnd":       func() { l.OnTurnEnd(func() {}) },
		"NewTimer":        func() { l.NewTimer(func() {}) },
		"Reset":           func() { timer.Reset(time.Hour) },
		"Stop":            timer.Stop,
		"Dial":            func() { l.Dial(addr, 0, &funcs{}) },
		"Attach":          func() { l.Attach(fd, &funcs{}) },
		"Detach":          func() { c.Detach() },
		"Park":            func() { c.Park(1) },
		"Unpark":          func() { l.Unpark(fd) },
		"DropParked":      func() { l.DropParked(fd, nil) },
		"SetParker":       func() { l.SetParker(nil) },
		"HoldAccept":      func() { l.HoldAccept(true) },
		"SetPeer":         func() { c.SetPeer(Peer{}) },
		"Write":           func() { c.Write([]byte("x")) },
		"Writev":          func() { c.Writev([]byte("x")) },
		"PauseRead":       c.PauseRead,
		"ResumeRead":      c.ResumeRead,
		"WatchHangup":     func() { c.WatchHangup(true) },
		"SetWaterMarks":   func() { c.SetWaterMarks(1, 2) },
		"SetHandler":      func() { c.SetHandler(&funcs{}) },
		"Guard":           func() { c.Guard(func() {}) },
		"Close":           func() { c.Close(nil) },
		"CloseAfterWrite": func() { c.CloseAfterWrite(nil, time.Hour) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}

// CheckOutside panics on the thread of a loop, and nowhere else.
func TestOutsideIsChecked(t *testing.T) {
	g := startGroup(t)
	g.CheckOutside()
	caught := false
	on(g.Loops()[0], func() {
		defer func() { caught = recover() != nil }()
		g.CheckOutside()
	})
	if !caught {
		t.Error("no panic on a loop")
	}
}
