// Package reactor runs a fixed number of event loops, each on a thread of its own, that carry all connections of the
// process: listeners, accepted and dialed connections, timers, and messages from other threads.
//
// Everything that a loop owns is touched only on that loop. Other threads use Loop.Post. Under the build tag loopcheck
// every loop-only method checks this.
package reactor

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"parkway/reactor/transport"
)

// Config says how many loops a group has and how they work. The zero value of each field is its default.
type Config struct {
	Loops      int  // 0: one per usable core.
	Pin        bool // Pin each loop's thread to a core.
	IdleLoops  bool // Have an idle loop beside each, to park quiet connections on.
	ReadBuffer int  // Bytes read at once; 0: 64 KiB.
	MaxKept    int  // The most bytes that a handler may leave unconsumed; 0: 1 MiB.
	Log        zerolog.Logger
}

const (
	defaultReadBuffer = 64 << 10
	defaultMaxKept    = 1 << 20
)

// Group is the loops of a process and what they listen on.
type Group struct {
	// Immutable.
	loops []*Loop
	base  time.Time // Zero of Loop.Now.

	// Used before Start and by the one thread that stops the group.
	started bool
	unix    []unixListener
	addrs   []net.Addr
	threads sync.WaitGroup

	// Any thread.
	panics      atomic.Int64
	stopListens sync.Once
	stops       sync.Once
}

// unixListener is a unix socket that all loops accept from.
type unixListener struct {
	sock transport.Socket
	path string
}

// New makes the loops; their threads begin with Start.
func New(cfg Config) (*Group, error) {
	cores := UsableCores()
	if cfg.Loops == 0 {
		cfg.Loops = len(cores)
	}
	if cfg.ReadBuffer == 0 {
		cfg.ReadBuffer = defaultReadBuffer
	}
	if cfg.MaxKept == 0 {
		cfg.MaxKept = defaultMaxKept
	}
	g := &Group{base: time.Now()}
	for i := range cfg.Loops {
		l, err := newLoop(g, i, cfg)
		if err != nil {
			for _, l := range g.loops {
				l.release()
			}
			return nil, fmt.Errorf("make event loop %d: %w", i, err)
		}
		if cfg.Pin {
			l.core = cores[i%len(cores)]
		}
		g.loops = append(g.loops, l)
	}
	return g, nil
}

// Loops returns all loops, by index.
func (g *Group) Loops() []*Loop { return g.loops }

// Panics returns how many panics of handlers were caught. Any thread.
func (g *Group) Panics() int64 { return g.panics.Load() }

// PostAll posts fn to every loop. Any thread.
func (g *Group) PostAll(fn func(l *Loop)) {
	for _, l := range g.loops {
		l.Post(func() { fn(l) })
	}
}

// Listen binds addr, "host:port" or "unix:/path", before Start. accept runs on the loop that owns the new connection and must
// give it a handler; if it returns an error the connection is closed with it.
func (g *Group) Listen(addr string, accept func(c *Conn) error) error {
	if g.started {
		return fmt.Errorf("listen on %s: the event loops run already", addr)
	}
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		return g.listenUnix(path, accept)
	}
	socks, local, err := transport.ListenTCP(addr, len(g.loops))
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	for i, l := range g.loops {
		l.addListener(socks[i], false, accept)
	}
	g.addrs = append(g.addrs, local)
	return nil
}

func (g *Group) listenUnix(path string, accept func(c *Conn) error) error {
	sock, local, err := transport.ListenUnix(path)
	if err != nil {
		return fmt.Errorf("listen on unix:%s: %w", path, err)
	}
	for _, l := range g.loops {
		l.addListener(sock, true, accept)
	}
	g.unix = append(g.unix, unixListener{sock, path})
	g.addrs = append(g.addrs, local)
	return nil
}

func (l *Loop) addListener(sock transport.Socket, shared bool, accept func(c *Conn) error) {
	ln := &listener{loop: l, sock: sock, shared: shared, enter: accept}
	ln.slot = listenerSlot - int32(len(l.listeners))
	l.listeners = append(l.listeners, ln)
}

// Addrs returns the addresses that are listened on, in the order of Listen, with real ports.
func (g *Group) Addrs() []net.Addr { return g.addrs }

// Start starts the loops' threads.
func (g *Group) Start() error {
	if g.started {
		return errors.New("event loops were started before")
	}
	g.started = true
	for _, l := range g.loops {
		g.threads.Go(l.run)
	}
	return nil
}

// StopListening closes the listeners and returns when no loop accepts any more. Connections that were in a listener's queue
// are taken first; one that completes its handshake at this very moment is reset by the kernel. Any thread but a loop's.
func (g *Group) StopListening() {
	g.stopListens.Do(func() {
		g.each(func(l *Loop) {
			for _, ln := range l.listeners {
				ln.close()
			}
		})
		for _, u := range g.unix {
			u.sock.Close()
			os.Remove(u.path)
		}
	})
}

// Stop closes all listeners and connections (OnClose with ErrStopped), ends the threads, and returns when that is done.
// What is posted later is dropped. Any thread but a loop's.
func (g *Group) Stop() {
	g.StopListening()
	g.stops.Do(func() {
		if !g.started {
			for _, l := range g.loops {
				l.release()
			}
			return
		}
		// Sockets on their way from loop to loop were posted before this, so that none is lost.
		for _, l := range g.loops {
			l.mail.shut(l.stop)
		}
	})
	g.threads.Wait()
}

// each runs fn on every loop and waits for all; before Start, on the calling thread.
func (g *Group) each(fn func(l *Loop)) {
	var done sync.WaitGroup
	for _, l := range g.loops {
		if !g.started {
			fn(l)
			continue
		}
		done.Add(1)
		l.Post(func() {
			defer done.Done()
			fn(l)
		})
	}
	done.Wait()
}

// emptiest returns the loop with the fewest sessions.
func (g *Group) emptiest() *Loop {
	least := g.loops[0]
	for _, l := range g.loops[1:] {
		if l.Sessions() < least.Sessions() {
			least = l
		}
	}
	return least
}
