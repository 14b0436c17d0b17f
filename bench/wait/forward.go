package main

import (
	"net"
	"runtime"

	"golang.org/x/sys/unix"

	"parkway/reactor"
)

// prepareForward listens; each connection is joined with one of its own to the server. Connections are dealt to the loops in
// turn, so that all variants have the same load on each. The counter is the CPU time of this process in microseconds.
func prepareForward(s setup) (string, func() error, func(string) int64, error) {
	runtime.GOMAXPROCS(s.Variant.Procs)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, nil, err
	}
	start := func() error {
		pairs := make([][2]int, s.Connections)
		for i := range pairs {
			if pairs[i][0], err = accept(ln); err != nil {
				return err
			}
			if pairs[i][1], err = connect(s.Server); err != nil {
				return err
			}
		}
		if s.Variant.Wait == waitReactor {
			return forwardByReactor(s.Variant, pairs)
		}
		return forwardBare(s.Variant, pairs)
	}
	return ln.Addr().String(), start, cpuMicros, nil
}

// cpuMicros returns the user and system time of this process.
func cpuMicros(string) int64 {
	var use unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &use); err != nil {
		return 0
	}
	return (use.Utime.Nano() + use.Stime.Nano()) / 1000
}

func forwardBare(v variant, pairs [][2]int) error {
	loops := make([]*loop, v.Loops)
	peers := map[int]int{}
	table := []int{}
	for i := range loops {
		buf := make([]byte, 64<<10)
		var err error
		loops[i], err = newLoop(v.Wait, v.Thread, i, func(fd int) { pass(fd, table[fd], buf) })
		if err != nil {
			return err
		}
	}
	highest := 0
	for _, p := range pairs {
		peers[p[0]], peers[p[1]] = p[1], p[0]
		highest = max(highest, p[0], p[1])
	}
	table = make([]int, highest+1)
	for from, to := range peers {
		table[from] = to
	}
	for i, p := range pairs {
		for _, fd := range p {
			if err := loops[i%v.Loops].add(fd); err != nil {
				return err
			}
		}
	}
	for _, l := range loops {
		go run(l)
	}
	return nil
}

// peer forwards what a connection of package reactor offers.
type peer struct{ to *reactor.Conn }

func (p *peer) OnData(_ *reactor.Conn, b []byte) int {
	p.to.Write(b)
	return len(b)
}

func (p *peer) OnWritable(*reactor.Conn)     {}
func (p *peer) OnClose(*reactor.Conn, error) {}

func forwardByReactor(v variant, pairs [][2]int) error {
	g, err := reactor.New(reactor.Config{Loops: v.Loops, Pin: v.Thread == threadPinned})
	if err != nil {
		return err
	}
	if err := g.Start(); err != nil {
		return err
	}
	failed := make(chan error, len(pairs))
	for i, p := range pairs {
		l := g.Loops()[i%v.Loops]
		l.Post(func() {
			client, server := &peer{}, &peer{}
			a, err := l.Attach(p[0], client)
			if err == nil {
				server.to = a
				client.to, err = l.Attach(p[1], server)
			}
			failed <- err
		})
	}
	for range pairs {
		if err := <-failed; err != nil {
			return err
		}
	}
	return nil
}
