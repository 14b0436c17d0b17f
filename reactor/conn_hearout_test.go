package reactor

import (
	"bytes"
	"errors"
	"syscall"
	"testing"
)

// A peer that has spoken and then closed, with what it was sent unread: a write fails, and what it said arrives all the same if the connection
// is to hear it out. Bytes that were kept stand before it.
func TestHearOut(t *testing.T) {
	said := pattern(100_000) // two reads, and no more than the kernel takes at once
	for _, test := range []struct {
		name    string
		hearOut bool
		vector  bool // the write
		paused  bool
		unsent  bool // the write that fails is a flush
	}{
		{"off", false, false, false, false},
		{"on", true, false, false, false},
		{"Writev", true, true, false, false},
		{"paused", true, false, true, false},
		{"flushed", true, false, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := manualLoop(t)
			peer, fd := tcppair(t)
			var heard []byte
			var closed []error
			c := l.mustAttach(fd, &funcs{
				data: func(_ *Conn, p []byte) int {
					n := len(p)
					if len(heard) == 0 {
						n-- // is kept
					}
					heard = append(heard, p[:n]...)
					return n
				},
				closed: func(_ *Conn, err error) { closed = append(closed, err) },
			})
			c.HearOut(test.hearOut)
			l.turnOnce()
			if test.paused {
				c.PauseRead()
			}
			for first := true; first || test.unsent && c.Buffered() == 0; first = false {
				c.Write(pattern(100_000)) // never read
			}
			if _, err := peer.Write(said); err != nil {
				t.Fatal(err)
			}
			peer.Close() // resets, because there is unread input
			switch {
			case test.unsent:
				c.flush()
			case test.vector:
				c.Writev([]byte("a"), []byte("b"))
			default:
				c.Write([]byte("c"))
			}
			if c.Closed() == test.hearOut || c.Broken() != test.hearOut || c.Silent() || c.Buffered() > 0 && test.hearOut {
				t.Errorf("closed %v, broken %v, silent %v, %d bytes unsent", c.Closed(), c.Broken(), c.Silent(), c.Buffered())
			}
			c.Write([]byte("lost"))
			if _, err := c.Detach(); err != ErrNotDetachable {
				t.Errorf("detached: %v", err)
			}
			for range 3 {
				l.turnOnce()
			}
			if test.paused {
				if len(heard) > 0 || len(closed) > 0 {
					t.Errorf("while paused: heard %d bytes, closed with %v", len(heard), closed)
				}
				c.ResumeRead()
			}
			for range 20 {
				l.turnOnce()
			}
			want := said
			if !test.hearOut {
				want = nil
			}
			if !bytes.Equal(heard, want) {
				t.Errorf("heard %d bytes, want %d", len(heard), len(want))
			}
			if len(closed) != 1 || !errors.Is(closed[0], syscall.ECONNRESET) && !errors.Is(closed[0], syscall.EPIPE) {
				t.Errorf("closed with %v", closed)
			}
			l.quiet()
		})
	}
}
