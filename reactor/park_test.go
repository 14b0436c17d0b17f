package reactor

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// lot is a Parker that gives a connection which wakes the handler that it had, and parks it again when told to.
type lot struct {
	handlers map[uint32]Handler
	onWake   func(c *Conn, token uint32) // nil: the handler that it had
	gone     chan error
	wakes    atomic.Int32
}

// newLot makes the loop's Parker, before it starts or on a manual loop.
func newLot(l *Loop) *lot {
	p := &lot{handlers: map[uint32]Handler{}, gone: make(chan error, 10)}
	l.SetParker(p)
	return p
}

func (p *lot) OnWake(c *Conn, token uint32) {
	p.wakes.Add(1)
	if p.onWake != nil {
		p.onWake(c, token)
		return
	}
	c.SetHandler(p.handlers[token])
}

func (p *lot) OnGone(_ uint32, err error) { p.gone <- err }

// parkingLoop starts a loop with a lot.
func parkingLoop(t testing.TB) (*Loop, *lot) {
	g := newGroup(t, Config{Loops: 1, IdleLoops: true})
	l := g.Loops()[0]
	p := newLot(l)
	start(t, g)
	return l, p
}

// park parks c under token and returns its descriptor.
func park(t testing.TB, c *Conn, token uint32) (fd int) {
	t.Helper()
	var err error
	on(c.Loop(), func() { fd, err = c.Park(token) })
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// A connection is parked and woken, again and again, and nothing is lost: neither what comes long after nor what is there already.
func TestParkAndWake(t *testing.T) {
	l, p := parkingLoop(t)
	peer, fd := tcppair(t)
	var c *Conn
	p.onWake = func(woken *Conn, token uint32) {
		if token != 7 {
			t.Errorf("token %d", token)
		}
		c = woken
		c.SetHandler(&funcs{data: echo})
	}
	c = attach(t, l, fd, &funcs{})
	for i := range 100 {
		early := i%2 == 0
		if early {
			on(l, func() { c.PauseRead() })
			write(t, peer, "question")
			on(l, func() { c.ResumeRead(); _, err := c.Park(7); expect(t, err) })
		} else {
			park(t, c, 7)
			write(t, peer, "question")
		}
		if got := readFull(t, peer, 8); string(got) != "question" {
			t.Fatalf("got %q", got)
		}
		on(l, func() {
			if l.Sessions() != 1 || l.parked.len() != 0 {
				t.Errorf("%d sessions, %d parked", l.Sessions(), l.parked.len())
			}
		})
	}
	if p.wakes.Load() != 100 {
		t.Errorf("%d wake-ups", p.wakes.Load())
	}
}

func expect(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// A peer that leaves while it is parked is cleaned up, without a connection being made of it.
func TestParkedPeerLeaves(t *testing.T) {
	l, p := parkingLoop(t)
	for name, leave := range map[string]struct {
		how  func(*net.TCPConn)
		want error
	}{
		"closes": {func(c *net.TCPConn) { c.Close() }, io.EOF},
		"resets": {func(c *net.TCPConn) { c.SetLinger(0); c.Close() }, unix.ECONNRESET},
	} {
		peer, fd := tcppair(t)
		park(t, attach(t, l, fd, &funcs{}), 1)
		leave.how(peer)
		if err := get(t, p.gone); err != leave.want {
			t.Errorf("%s: gone with %v", name, err)
		}
		on(l, func() {
			if l.Sessions() != 0 || l.parked.len() != 0 || l.conns.len() != 0 {
				t.Errorf("%s: %d sessions, %d parked, %d connections", name, l.Sessions(), l.parked.len(), l.conns.len())
			}
		})
	}
	if p.wakes.Load() != 0 {
		t.Error("it was woken")
	}
}

// What the idle loop says is a hint: of a descriptor that is not parked any more, or has other bytes than it meant, nothing follows.
func TestStaleWakeUps(t *testing.T) {
	l, p := parkingLoop(t)
	peer, fd := tcppair(t)
	c := attach(t, l, fd, &funcs{data: echo})
	p.handlers[1] = &funcs{data: echo}
	on(l, func() { l.stir(fd, unix.EPOLLIN) }) // not parked
	park(t, c, 1)
	on(l, func() { l.stir(fd, unix.EPOLLIN); l.stir(fd, unix.EPOLLIN) }) // parked, but quiet
	if p.wakes.Load() != 0 {
		t.Error("it was woken")
	}
	write(t, peer, "x")
	readFull(t, peer, 1)
	on(l, func() { l.stir(fd, unix.EPOLLIN) })
	if p.wakes.Load() != 1 || len(p.gone) != 0 {
		t.Errorf("woken %d times, %d gone", p.wakes.Load(), len(p.gone))
	}
}

// A descriptor number is used again as soon as it is free; whoever parks under it next has nothing of the one before.
func TestDescriptorIsReusedWhileItsWakeUpIsUnderWay(t *testing.T) {
	l, p := parkingLoop(t)
	peer, fd := socketpair(t)
	park(t, attach(t, l, fd, &funcs{}), 1)
	on(l, func() {
		write(t, peer, "x") // which is not looked at before the next turn
		l.closeParked(fd)
		_, other := socketpair(t)
		if other != fd { // which is free
			expect(t, unix.Dup3(other, fd, unix.O_CLOEXEC))
			unix.Close(other)
		}
		c, err := l.Attach(fd, &funcs{})
		expect(t, err)
		_, err = c.Park(2)
		expect(t, err)
		l.stir(fd, unix.EPOLLIN) // as if it had been among the events of this turn
	})
	on(l, func() {
		if p.wakes.Load() != 0 || len(p.gone) != 0 || l.parked.len() != 1 {
			t.Errorf("woken %d times, %d gone, %d parked", p.wakes.Load(), len(p.gone), l.parked.len())
		}
	})
}

func TestUnpark(t *testing.T) {
	l, p := parkingLoop(t)
	peer, fd := tcppair(t)
	c := attach(t, l, fd, &funcs{})
	park(t, c, 1)
	closed := make(chan error, 1)
	on(l, func() {
		c := l.Unpark(fd)
		c.SetHandler(&funcs{data: echo, closed: func(_ *Conn, err error) { closed <- err }})
		c.Write([]byte("hello"))
	})
	if got := readFull(t, peer, 5); string(got) != "hello" {
		t.Errorf("got %q", got)
	}
	peer.Close()
	if err := get(t, closed); err != io.EOF {
		t.Error(err)
	}
	if p.wakes.Load() != 0 || len(p.gone) != 0 {
		t.Error("the Parker was told")
	}
}

func TestDropParked(t *testing.T) {
	l, p := parkingLoop(t)
	peer, fd := tcppair(t)
	park(t, attach(t, l, fd, &funcs{}), 1)
	on(l, func() {
		if !l.DropParked(fd, []byte("bye")) || l.DropParked(fd, nil) || l.Sessions() != 0 {
			t.Errorf("dropped; %d sessions", l.Sessions())
		}
	})
	if got, err := io.ReadAll(peer); string(got) != "bye" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	peer, fd = tcppair(t)
	p.handlers[2] = &funcs{data: echo}
	on(l, func() {
		c, err := l.Attach(fd, &funcs{})
		expect(t, err)
		c.PauseRead()
		write(t, peer, "x")
		c.ResumeRead()
		_, err = c.Park(2)
		expect(t, err)
		if l.DropParked(fd, []byte("bye")) {
			t.Error("dropped one that has just spoken")
		}
	})
	if got := readFull(t, peer, 1); string(got) != "x" {
		t.Errorf("got %q", got)
	}
	if len(p.gone) != 0 {
		t.Error("the Parker was told")
	}
}

func TestNotParkable(t *testing.T) {
	l, _ := parkingLoop(t)
	check := func(why string, c *Conn) {
		t.Helper()
		on(l, func() {
			if _, err := c.Park(1); !errors.Is(err, ErrNotDetachable) || c.Closed() || l.parked.len() != 0 {
				t.Errorf("%s: %v", why, err)
			}
		})
	}
	peer, fd := tcppair(t)
	offered := make(chan bool, 1)
	c := attach(t, l, fd, &funcs{data: func(*Conn, []byte) int { offered <- true; return 0 }})
	on(l, func() { c.PauseRead() })
	check("paused", c)
	on(l, func() { c.ResumeRead() })
	write(t, peer, "x")
	get(t, offered)
	check("kept bytes", c)
	none := startGroup(t)
	_, fd = tcppair(t)
	c = attach(t, none.Loops()[0], fd, &funcs{})
	on(none.Loops()[0], func() {
		if _, err := c.Park(1); err != ErrNotDetachable || c.Loop().Parks() {
			t.Errorf("without an idle loop: %v", err)
		}
	})
}

// More wake up at once than one turn looks at; all are served, and nothing is left of what found them.
func TestHerdWakes(t *testing.T) {
	l, p := parkingLoop(t)
	const herd = 4 * maxEvents // and more than largeMap
	peers := make([]net.Conn, herd)
	for i := range peers {
		var fd int
		peers[i], fd = socketpair(t)
		token := uint32(i)
		p.handlers[token] = &funcs{data: echo}
		park(t, attach(t, l, fd, &funcs{}), token)
	}
	release := make(chan bool)
	l.Post(func() { <-release })
	for _, peer := range peers {
		write(t, peer, "x")
	}
	close(release)
	for _, peer := range peers {
		readFull(t, peer, 1)
	}
	on(l, func() {
		if p.wakes.Load() != herd || l.Sessions() != herd || l.parked.len() != 0 || l.parked.most != 0 {
			t.Errorf("%d wake-ups, %d sessions, %d parked of %d", p.wakes.Load(), l.Sessions(), l.parked.len(), l.parked.most)
		}
	})
}

func TestStopWithParked(t *testing.T) {
	l, p := parkingLoop(t)
	for range 5 {
		_, fd := tcppair(t)
		park(t, attach(t, l, fd, &funcs{}), 1)
	}
	l.Group().Stop()
	for range 5 {
		if err := get(t, p.gone); err != ErrStopped {
			t.Errorf("gone with %v", err)
		}
	}
	if l.Sessions() != 0 {
		t.Errorf("%d sessions", l.Sessions())
	}
}

// A group that was never started has no idle loops left either.
func TestIdleLoopsStopBeforeStart(t *testing.T) {
	newGroup(t, Config{Loops: 2, IdleLoops: true}).Stop()
}

// A panic of the Parker ends the one connection.
func TestParkerPanics(t *testing.T) {
	l, p := parkingLoop(t)
	p.onWake = func(*Conn, uint32) { panic("on purpose") }
	peer, fd := tcppair(t)
	park(t, attach(t, l, fd, &funcs{}), 1)
	write(t, peer, "x")
	if _, err := peer.Read(make([]byte, 1)); err == nil {
		t.Error("not closed")
	}
	eventually(t, l, "freed", func() bool { return l.Sessions() == 0 && l.Group().Panics() == 1 })
}

func TestPeer(t *testing.T) {
	for _, want := range []string{"127.0.0.2:5", "[2001:db8::1]:65535", ""} {
		var from, to Conn
		from.loop = &Loop{}
		to.loop = from.loop
		if want == "" {
			from.unix = true
		} else {
			from.remote = netip.MustParseAddrPort(want)
		}
		to.SetPeer(from.Peer())
		if to.unix != from.unix || to.remote != from.remote {
			t.Errorf("%v became %v", from.remote, to.remote)
		}
		if from.Peer().String() != from.RemoteString() {
			t.Errorf("%v is %v", from.RemoteString(), from.Peer())
		}
	}
}

// What parking and waking cost the loop: the system calls of both ways, without those of the idle loop.
func BenchmarkParkUnpark(b *testing.B) {
	l, _ := parkingLoop(b)
	_, fd := tcppair(b)
	h := &funcs{}
	c := attach(b, l, fd, h)
	b.ReportAllocs()
	on(l, func() {
		for b.Loop() {
			l.settle() // c is watched
			fd, err := c.Park(1)
			if err != nil {
				b.Error(err)
				return
			}
			c = l.Unpark(fd)
			c.WatchHangup(true)
			c.SetHandler(h)
		}
	})
}
