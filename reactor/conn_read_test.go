package reactor

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestEcho(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			g := newGroup(t, Config{Loops: 2, Pin: true})
			addr := "127.0.0.1:0"
			if network == "unix" {
				addr = "unix:" + t.TempDir() + "/s"
			}
			closed := make(chan error, 1)
			err := g.Listen(addr, func(c *Conn) error {
				if c.IsUnix() != (network == "unix") || c.Remote().IsValid() == c.IsUnix() {
					t.Errorf("remote %v, unix %v", c.Remote(), c.IsUnix())
				}
				c.SetHandler(&funcs{data: echo, closed: func(_ *Conn, err error) { closed <- err }})
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			start(t, g)
			c, err := net.Dial(network, g.Addrs()[0].String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			write(t, c, "hello")
			if got := readFull(t, c, 5); string(got) != "hello" {
				t.Errorf("got %q", got)
			}
			c.Close()
			if err := get(t, closed); err != io.EOF {
				t.Errorf("closed with %v", err)
			}
		})
	}
}

// frames collects messages of a length byte and as many bytes, and consumes only whole ones.
type frames struct {
	funcs
	got   []string
	views [][]byte
}

func (f *frames) OnData(_ *Conn, p []byte) int {
	f.views = append(f.views, bytes.Clone(p))
	used := 0
	for used < len(p) && used+1+int(p[used]) <= len(p) {
		end := used + 1 + int(p[used])
		f.got = append(f.got, string(p[used+1:end]))
		used = end
	}
	return used
}

// The same messages must come out wherever the stream is cut.
func TestCutAtEachByte(t *testing.T) {
	l := manualLoop(t)
	stream := []byte("\x05hello\x00\x01!\x03end")
	for cut := range len(stream) + 1 {
		for second := cut; second <= len(stream); second++ {
			peer, fd := socketpair(t)
			h := &frames{}
			c := l.mustAttach(fd, h)
			l.turnOnce()
			for _, part := range [][]byte{stream[:cut], stream[cut:second], stream[second:]} {
				if len(part) == 0 {
					continue
				}
				write(t, peer, string(part))
				l.turn()
			}
			if len(h.got) != 4 || h.got[0] != "hello" || h.got[1] != "" || h.got[2] != "!" || h.got[3] != "end" {
				t.Fatalf("cut at %d and %d: got %q", cut, second, h.got)
			}
			if c.in.bytes != nil {
				t.Errorf("cut at %d and %d: a buffer is kept for nothing", cut, second)
			}
			if c.BytesIn() != uint64(len(stream)) {
				t.Errorf("counted %d bytes in", c.BytesIn())
			}
			c.Close(nil)
			peer.Close()
			l.turnOnce()
		}
	}
}

// Kept bytes come first in the view, whatever part of it the handler takes.
func TestKeptBytes(t *testing.T) {
	l := manualLoop(t)
	peer, fd := socketpair(t)
	var takes []int
	var views []string
	l.mustAttach(fd, &funcs{data: func(_ *Conn, p []byte) int {
		views = append(views, string(p))
		n := takes[0]
		takes = takes[1:]
		return n
	}})
	l.turnOnce()
	for _, step := range []struct {
		send string
		take int
		view string
	}{
		{"abc", 0, "abc"},
		{"def", 2, "abcdef"},
		{"g", 1, "cdefg"},
		{"h", 0, "defgh"},
		{"i", 6, "defghi"},
		{"j", 1, "j"},
	} {
		takes, views = []int{step.take}, nil
		write(t, peer, step.send)
		l.turn()
		if len(views) != 1 || views[0] != step.view {
			t.Errorf("after %q the handler saw %q, want %q", step.send, views, step.view)
		}
	}
}

func TestKeptBytesAreBounded(t *testing.T) {
	g := newGroup(t, Config{Loops: 1, MaxKept: 10_000, ReadBuffer: 4096})
	start(t, g)
	peer, fd := socketpair(t)
	closed := make(chan error, 1)
	c := attach(t, g.Loops()[0], fd, &funcs{
		data:   func(*Conn, []byte) int { return 0 },
		closed: func(_ *Conn, err error) { closed <- err },
	})
	io.Copy(peer, bytes.NewReader(make([]byte, 100_000))) // Ends with EPIPE.
	if err := get(t, closed); err != ErrInputTooLarge {
		t.Errorf("closed with %v", err)
	}
	on(g.Loops()[0], func() {
		if c.in.bytes != nil {
			t.Error("the buffer was not given back")
		}
	})
}

// Large messages are put together over many reads.
func TestLargeKept(t *testing.T) {
	g := newGroup(t, Config{Loops: 1, MaxKept: 300_000, ReadBuffer: 4096})
	start(t, g)
	peer, fd := socketpair(t)
	message := make([]byte, 200_000)
	for i := range message {
		message[i] = byte(i * 7 >> 3)
	}
	got := make(chan []byte, 2)
	attach(t, g.Loops()[0], fd, &funcs{data: func(_ *Conn, p []byte) int {
		if len(p) < 4 || len(p) < 4+int(binary.LittleEndian.Uint32(p)) {
			return 0
		}
		n := 4 + int(binary.LittleEndian.Uint32(p))
		got <- bytes.Clone(p[4:n])
		return n
	}})
	for range 2 {
		write(t, peer, string(binary.LittleEndian.AppendUint32(nil, uint32(len(message)))))
		write(t, peer, string(message))
	}
	for range 2 {
		if !bytes.Equal(get(t, got), message) {
			t.Error("message differs")
		}
	}
}

// One turn reads one buffer of each connection: a busy one does not keep the others waiting.
func TestTurnIsBounded(t *testing.T) {
	l := manualLoop(t)
	busy, busyFD := socketpair(t)
	calm, calmFD := socketpair(t)
	var order []string
	note := func(name string) *funcs {
		return &funcs{data: func(_ *Conn, p []byte) int {
			order = append(order, name)
			return len(p)
		}}
	}
	l.mustAttach(busyFD, note("busy"))
	l.mustAttach(calmFD, note("calm"))
	l.turnOnce()
	busy.Write(make([]byte, 3*l.readSize/2))
	write(t, calm, "x")
	l.turn()
	if len(order) != 2 {
		t.Errorf("first turn: %q", order)
	}
	l.turn()
	if len(order) != 3 || order[2] != "busy" {
		t.Errorf("second turn: %q", order)
	}
}

func TestPauseInsideOnData(t *testing.T) {
	l := manualLoop(t)
	peer, fd := socketpair(t)
	var views []string
	c := l.mustAttach(fd, &funcs{data: func(c *Conn, p []byte) int {
		views = append(views, string(p))
		c.PauseRead()
		return 1
	}})
	l.turnOnce()
	write(t, peer, "abc")
	l.turn()
	write(t, peer, "d")
	l.turnOnce()
	l.quiet() // Paused: what arrived stays in the kernel.
	if len(views) != 1 {
		t.Fatalf("offered while paused: %q", views)
	}
	c.ResumeRead()
	if len(views) != 1 {
		t.Fatal("offered inside ResumeRead")
	}
	l.turnOnce() // Kept bytes first; the handler pauses again.
	c.ResumeRead()
	l.turnOnce()
	if want := []string{"abc", "bc", "c"}; len(views) != 3 || views[1] != want[1] || views[2] != want[2] {
		t.Errorf("saw %q, want %q", views, want)
	}
	c.ResumeRead()
	for len(views) < 4 {
		l.turnOnce()
	}
	if len(views) != 4 || views[3] != "d" {
		t.Errorf("saw %q at last, want d", views)
	}
}

// Pausing and resuming in one turn changes nothing in the kernel.
func TestPauseAndResumeCostNothing(t *testing.T) {
	l := manualLoop(t)
	_, fd := socketpair(t)
	c := l.mustAttach(fd, &funcs{})
	l.turnOnce()
	for range 3 {
		c.PauseRead()
		c.ResumeRead()
	}
	if c.watched != unix.EPOLLIN || len(l.changed) > 1 {
		t.Errorf("watched %x, %d changes listed", c.watched, len(l.changed))
	}
	l.turnOnce()
	if c.watched != unix.EPOLLIN {
		t.Errorf("watched %x", c.watched)
	}
}

// A paused connection whose peer has gone must not make the loop spin; its bytes are offered after ResumeRead, then the end.
func TestPausedPeerGone(t *testing.T) {
	for _, watch := range []bool{false, true} {
		l := manualLoop(t)
		peer, fd := tcppair(t)
		var events []string
		c := l.mustAttach(fd, &funcs{
			data: func(_ *Conn, p []byte) int {
				events = append(events, string(p))
				return len(p)
			},
			closed: func(_ *Conn, err error) { events = append(events, "closed: "+err.Error()) },
		})
		c.WatchHangup(watch)
		c.PauseRead()
		l.turnOnce()
		write(t, peer, "last words")
		peer.Close()
		if watch {
			l.turn()
			if len(events) != 1 || events[0] != "closed: "+ErrHangup.Error() {
				t.Errorf("with WatchHangup: %q", events)
			}
			continue
		}
		l.turn()
		l.quiet()
		if c.watched != 0 {
			t.Errorf("watched %x", c.watched)
		}
		c.ResumeRead()
		l.turnOnce()
		l.turn()
		if len(events) == 1 {
			l.turn()
		}
		if len(events) != 2 || events[0] != "last words" || events[1] != "closed: EOF" {
			t.Errorf("without WatchHangup: %q", events)
		}
	}
}

func TestPeerReset(t *testing.T) {
	for _, tc := range []struct {
		name  string
		setup func(c *Conn)
		want  error
	}{
		{"reading", func(*Conn) {}, unix.ECONNRESET},
		{"paused, watching", func(c *Conn) { c.PauseRead(); c.WatchHangup(true) }, unix.ECONNRESET},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := manualLoop(t)
			peer, fd := tcppair(t)
			var closed []error
			c := l.mustAttach(fd, &funcs{closed: func(_ *Conn, err error) { closed = append(closed, err) }})
			tc.setup(c)
			l.turnOnce()
			peer.SetLinger(0)
			peer.Close()
			l.turn()
			if len(closed) != 1 || !errors.Is(closed[0], tc.want) {
				t.Errorf("closed with %v, want %v", closed, tc.want)
			}
		})
	}
}

// A pause that no input comes into tells epoll nothing; one that input comes into makes it watch no more, until it ends.
func TestPauseIsCheapUntilInputComes(t *testing.T) {
	l := manualLoop(t)
	peer, fd := socketpair(t)
	var got []byte
	c := l.mustAttach(fd, &funcs{data: func(_ *Conn, p []byte) int {
		got = append(got, p...)
		return len(p)
	}})
	c.WatchHangup(true)
	l.turnOnce()
	watched := c.watched
	c.PauseRead()
	l.turnOnce()
	if c.watched != watched {
		t.Errorf("a pause changed what is watched from %x to %x", watched, c.watched)
	}
	write(t, peer, "x")
	l.turn()
	if c.watched == watched || len(got) > 0 {
		t.Errorf("when input has come %x is watched, %q was offered", c.watched, got)
	}
	l.quiet()
	c.ResumeRead()
	for len(got) == 0 {
		l.turnOnce()
	}
	if c.watched != watched || string(got) != "x" {
		t.Errorf("after the pause %x is watched, %q was offered", c.watched, got)
	}
}

// However much a peer sends ahead, of a connection that is paused after each bite no more is read than one read brings.
func TestPausedAfterEachBite(t *testing.T) {
	l := manualLoop(t)
	peer, fd := socketpair(t)
	var eaten, most int
	var c *Conn
	c = l.mustAttach(fd, &funcs{data: func(_ *Conn, p []byte) int {
		most = max(most, len(p))
		n := min(len(p), 1000)
		eaten += n
		c.PauseRead()
		return n
	}})
	l.turnOnce()
	all := pattern(3 << 20)
	go func() {
		for rest := all; len(rest) > 0; {
			n, err := peer.Write(rest)
			if err != nil {
				return
			}
			rest = rest[n:]
		}
	}()
	for deadline := time.Now().Add(10 * time.Second); eaten < len(all) && time.Now().Before(deadline) && !c.Closed(); l.turnOnce() {
		c.ResumeRead()
	}
	if eaten != len(all) {
		t.Errorf("%d of %d bytes were offered, %v", eaten, len(all), c.err)
	}
	if most > 2*len(l.readBuffer(0)) {
		t.Errorf("%d bytes were kept, a read brings %d", most, len(l.readBuffer(0)))
	}
}
