package reactor

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

// A panic ends the connection whose handler it was in; another one on the same loop notices nothing.
func TestPanics(t *testing.T) {
	peerOf := func(c net.Conn) string { return c.LocalAddr().String() }
	for name, h := range map[string]*funcs{
		"OnData": {data: func(*Conn, []byte) int { panic("ouch") }},
		"OnData, index": {data: func(_ *Conn, p []byte) int {
			return int(p[len(p)+1000])
		}},
		"OnWritable": {
			data: func(c *Conn, p []byte) int {
				c.SetWaterMarks(0, 1)
				for !c.AboveHigh() {
					c.Write(make([]byte, 64<<10))
				}
				return len(p)
			},
			writable: func(*Conn) { panic("ouch") },
		},
		"too much consumed":   {data: func(_ *Conn, p []byte) int { return len(p) + 1 }},
		"less than nothing":   {data: func(*Conn, []byte) int { return -1 }},
		"OnClose after close": {data: func(c *Conn, _ []byte) int { c.Close(nil); return 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			log := &logBuffer{}
			g := newGroup(t, Config{Loops: 1, Log: zerolog.New(log)})
			closed := make(chan error, 2)
			err := g.Listen("127.0.0.1:0", func(c *Conn) error {
				victim := *h
				victim.closed = func(_ *Conn, err error) {
					closed <- err
					panic("in OnClose too")
				}
				c.SetHandler(&victim)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			start(t, g)
			bystander, fd := socketpair(t)
			attach(t, g.Loops()[0], fd, &funcs{data: echo})
			c, err := net.Dial("tcp", g.Addrs()[0].String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			write(t, c, peerOf(c))
			if name == "OnWritable" {
				io.Copy(io.Discard, c) // Until it is closed.
			}
			reason := get(t, closed)
			var p *PanicError
			if wasPanic := errors.As(reason, &p); wasPanic == strings.HasPrefix(name, "OnClose") {
				t.Errorf("closed with %v", reason)
			}
			write(t, bystander, "still there?")
			readFull(t, bystander, 12)
			if g.Panics() == 0 || !strings.Contains(log.String(), "panic_test.go") {
				t.Errorf("%d panics counted, log:\n%s", g.Panics(), log)
			}
			if len(closed) != 0 {
				t.Error("OnClose came twice")
			}
		})
	}
}

func TestPanicsOutsideConnections(t *testing.T) {
	log := &logBuffer{}
	g := newGroup(t, Config{Loops: 1, Log: zerolog.New(log)})
	if err := g.Listen("127.0.0.1:0", func(*Conn) error { panic("in accept") }); err != nil {
		t.Fatal(err)
	}
	start(t, g)
	l := g.Loops()[0]
	on(l, func() {
		l.NewTimer(func() { panic("in a timer") }).Reset(0)
		l.OnTurnEnd(func() { panic("in a turn's end") })
	})
	l.Post(func() { panic("in a posted function") })
	c, err := net.Dial("tcp", g.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Read(make([]byte, 1)) // The connection is closed.
	eventually(t, l, "all panics are counted", func() bool { return g.Panics() == 4 })
	for _, s := range []string{"in accept", "in a timer", "in a turn's end", "in a posted function"} {
		if !strings.Contains(log.String(), s) {
			t.Errorf("%q is not in the log", s)
		}
	}
	eventually(t, l, "session gone", func() bool { return l.Sessions() == 0 })
}

func TestGuard(t *testing.T) {
	g := startGroup(t)
	l := g.Loops()[0]
	_, fd := socketpair(t)
	closed := make(chan error, 1)
	c := attach(t, l, fd, &funcs{closed: func(_ *Conn, err error) { closed <- err }})
	ran := false
	on(l, func() { c.Guard(func() { ran = true }) })
	on(l, func() {
		if !ran || c.Closed() {
			t.Errorf("ran: %v, closed: %v", ran, c.Closed())
		}
	})
	l.Post(func() { c.Guard(func() { panic("ouch") }) })
	var p *PanicError
	if reason := get(t, closed); !errors.As(reason, &p) || p.Value != "ouch" {
		t.Errorf("closed with %v", reason)
	}
}
