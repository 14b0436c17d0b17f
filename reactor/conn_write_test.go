package reactor

import (
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"testing"

	"golang.org/x/sys/unix"
)

// pattern fills n bytes such that a shift or a swap of blocks shows.
func pattern(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return p
}

// smallBuffers makes the kernel keep little, so that a test fills it quickly.
func smallBuffers(t *testing.T, fd int) {
	t.Helper()
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 8192); err != nil {
		t.Fatal(err)
	}
}

// What the socket does not take arrives later, whole and in order, in whatever pieces it is written.
func TestUnsentBytes(t *testing.T) {
	for name, write := range map[string]func(c *Conn, p []byte){
		"write": func(c *Conn, p []byte) { c.Write(p) },
		"writev": func(c *Conn, p []byte) {
			third := len(p) / 3
			c.Writev(p[:third], nil, p[third:2*third], p[2*third:])
		},
		"writev of many": func(c *Conn, p []byte) {
			var bufs [][]byte
			for ; len(p) > 1000; p = p[1000:] {
				bufs = append(bufs, p[:1000])
			}
			c.Writev(append(bufs, p)...)
		},
		"small writes": func(c *Conn, p []byte) {
			for ; len(p) > 99; p = p[99:] {
				c.Write(p[:99])
			}
			c.Write(p)
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := startGroup(t)
			l := g.Loops()[0]
			peer, fd := socketpair(t)
			smallBuffers(t, fd)
			c := attach(t, l, fd, &funcs{})
			data := pattern(1 << 20)
			on(l, func() {
				write(c, data)
				if c.Buffered() == 0 || !c.AboveHigh() {
					t.Errorf("%d unsent, above high: %v", c.Buffered(), c.AboveHigh())
				}
				if uint64(c.Buffered())+c.BytesOut() != uint64(len(data)) {
					t.Errorf("%d unsent, %d sent", c.Buffered(), c.BytesOut())
				}
			})
			if !bytes.Equal(readFull(t, peer, len(data)), data) {
				t.Error("other bytes arrived")
			}
			eventually(t, l, "all sent and memory given back", func() bool { return c.out.chunks == nil && !c.AboveHigh() })
			on(l, func() {
				if c.BytesOut() != uint64(len(data)) || c.Buffered() != 0 {
					t.Errorf("%d sent, %d unsent", c.BytesOut(), c.Buffered())
				}
			})
		})
	}
}

func TestWaterMarks(t *testing.T) {
	l := manualLoop(t)
	peer, fd := socketpair(t)
	smallBuffers(t, fd)
	calls := 0
	var c *Conn
	c = l.mustAttach(fd, &funcs{writable: func(*Conn) {
		calls++
		if c.Buffered() > 1000 || c.AboveHigh() {
			t.Errorf("OnWritable with %d unsent", c.Buffered())
		}
	}})
	c.SetWaterMarks(1000, 50_000)
	l.turnOnce()
	for c.Buffered() < 40_000 {
		c.Write(pattern(5000))
	}
	if c.AboveHigh() {
		t.Error("above the high mark too early")
	}
	c.SetWaterMarks(1000, 30_000)
	if !c.AboveHigh() {
		t.Error("a lower high mark counts at once")
	}
	buf := make([]byte, 4096)
	for c.Buffered() > 0 {
		if calls > 0 && c.Buffered() > 1000 {
			t.Error("OnWritable above the low mark")
		}
		peer.Read(buf)
		l.turnOnce()
	}
	if calls != 1 {
		t.Errorf("OnWritable came %d times", calls)
	}
}

// pump forwards from one connection to another as the proxy does: above the high mark of one the other is paused.
type pump struct {
	funcs
	from, to *Conn
	most     int
}

func (p *pump) OnData(_ *Conn, b []byte) int {
	p.to.Write(b)
	p.most = max(p.most, p.to.Buffered())
	if p.to.AboveHigh() {
		p.from.PauseRead()
	}
	return len(b)
}

// A reader that is slow costs a fixed amount of memory, and every byte arrives.
func TestBackPressure(t *testing.T) {
	const size = 16 << 20
	g := startGroup(t)
	l := g.Loops()[0]
	source, sourceFD := tcppair(t)
	sink, sinkFD := tcppair(t)
	p := &pump{}
	on(l, func() {
		p.from, _ = l.Attach(sourceFD, p)
		p.to, _ = l.Attach(sinkFD, &funcs{writable: func(*Conn) { p.from.ResumeRead() }})
	})
	sum := make(chan uint32, 1)
	go func() {
		data := pattern(size)
		io.Copy(source, bytes.NewReader(data))
		sum <- crc32.ChecksumIEEE(data)
	}()
	eventually(t, l, "source is paused while nobody reads", func() bool { return p.from.paused })
	hash := crc32.NewIEEE()
	if _, err := io.CopyN(hash, sink, size); err != nil {
		t.Fatal(err)
	}
	if got := get(t, sum); got != hash.Sum32() {
		t.Error("other bytes arrived")
	}
	on(l, func() {
		if limit := defaultHigh + l.readSize; p.most > limit {
			t.Errorf("%d bytes were buffered, more than %d", p.most, limit)
		}
	})
}

// A write that fails closes the connection, but only at the end of the turn, whoever made it.
func TestWriteFails(t *testing.T) {
	for _, bytesFirst := range []bool{false, true} {
		l := manualLoop(t)
		peer, fd := socketpair(t)
		var closed []error
		c := l.mustAttach(fd, &funcs{closed: func(_ *Conn, err error) { closed = append(closed, err) }})
		l.turnOnce()
		if bytesFirst {
			c.PauseRead()
			for c.Buffered() == 0 {
				c.Write(pattern(100_000))
			}
			l.turnOnce()
		}
		peer.Close()
		if bytesFirst {
			l.turn()
		} else {
			c.Write([]byte("x"))
			if !c.Closed() || len(closed) != 0 {
				t.Errorf("closed %v, OnClose %v", c.Closed(), closed)
			}
			if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil {
				t.Errorf("the descriptor is closed within the turn: %v", err)
			}
			c.Write([]byte("x"))
			c.Writev([]byte("x"))
			c.Close(nil)
			c.PauseRead()
			c.ResumeRead()
			l.turnOnce()
		}
		if len(closed) != 1 || !errors.Is(closed[0], unix.EPIPE) && !errors.Is(closed[0], unix.ECONNRESET) {
			t.Errorf("bytes first %v: OnClose with %v", bytesFirst, closed)
		}
		if c.out.chunks != nil {
			t.Error("unsent bytes are kept")
		}
	}
}
