package pool

import (
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// closedDoor is a server that lets in whoever comes before it is closed.
type closedDoor struct {
	*mysqltest.Server
	*world
}

func newClosedDoor(t *testing.T, loops int) closedDoor {
	t.Helper()
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Greeting: untracked, Users: map[string]string{"app": "secret", "other": "secret"}})
	w := newWorld(t, loops, at(t, server.Addr(), 10))
	w.settings.ConnectTimeoutServerMax, w.settings.ConnectRetriesOnFailure = time.Hour, 1000
	return closedDoor{server, w}
}

// close refuses all that come from now on, each after a while.
func (d closedDoor) close(after time.Duration) {
	d.Change(func(c *mysqltest.ServerConfig) {
		c.Fault = mysqltest.Fault{Delay: after, Refusal: protocol.NewERR(protocol.ErrCodeHostBlocked, "Host is blocked")}
	})
}

// hold is a client that has a connection.
func (d closedDoor) hold(c *client) *client {
	d.t.Helper()
	c.acquire()
	c.mustGet()
	return c
}

// pause makes the client pause until somebody gives it a connection.
func (d closedDoor) pause(c *client) *client {
	d.t.Helper()
	c.acquire()
	for deadline, pauses := time.Now().Add(patience), false; !pauses; {
		if time.Now().After(deadline) {
			d.t.Fatal("the client does not pause")
		}
		d.on(c.loop, func(p *Pool) {
			r := &c.request
			if pauses = r.place.queue == &p.group(1).pausing; pauses {
				r.timer.Stop()
			}
		})
	}
	return c
}

// mustWait checks what each loop says of whether somebody waits.
func (d closedDoor) mustWait(want bool) {
	d.t.Helper()
	for i := range d.loops {
		d.on(i, func(p *Pool) {
			if p.Waiting(1) != want {
				d.t.Errorf("loop %d: somebody waits: %v, want %v", i, !want, want)
			}
		})
	}
}

// settle waits until what was posted from loop to loop has been done.
func (d closedDoor) settle() {
	for range 4 {
		for i := range d.loops {
			d.on(i, func(*Pool) {})
		}
	}
}

// Who cannot connect gets what others give back meanwhile, in the order of coming, on every loop.
func TestPausingIsServed(t *testing.T) {
	for _, loop := range []int{0, 1} {
		d := newClosedDoor(t, 2)
		holder := d.hold(d.newSharer(0))
		d.close(0)
		first, second := d.pause(d.newSharer(loop)), d.pause(d.newSharer(loop))
		if d.metric(waiting) != "0" {
			t.Error("those who pause are in the queue")
		}
		d.mustWait(true)
		holder.put()
		first.mustGet()
		d.settle()
		second.pending()
		first.put()
		second.mustGet()
		d.mustWait(false)
		second.discard()
		d.waitConnections(0, 0)
	}
}

// It gets what was given back while it tried to connect.
func TestPausingTakesWhatIsIdle(t *testing.T) {
	for _, loop := range []int{0, 1} {
		d := newClosedDoor(t, 2)
		holder := d.hold(d.newSharer(0))
		d.close(50 * time.Millisecond)
		c := d.newSharer(loop)
		c.acquire()
		holder.put()
		c.mustGet()
		c.discard()
		d.waitConnections(0, 0)
	}
}

// It keeps nobody from what it cannot use itself, and what it cannot use is neither closed nor handed about.
func TestPausingKeepsNobody(t *testing.T) {
	for name, differ := range map[string]func(*client){
		"another user": func(c *client) { c.request.Login.User = "other" },
		"other flags":  func(c *client) { c.request.Login.Capabilities |= protocol.ClientFoundRows },
		"no schema":    func(c *client) { c.request.Want.Schema = "" },
		"not shared":   func(c *client) { c.request.Login.Shared = false },
	} {
		t.Run(name, func(t *testing.T) {
			d := newClosedDoor(t, 2)
			sharer := func(loop int) *client {
				c := d.newSharer(loop)
				c.request.Login.Schema, c.request.Want.Schema = "db", "db"
				return c
			}
			holder := d.hold(sharer(0))
			d.close(0)
			var pausing []*client
			for loop := range d.loops {
				c := sharer(loop)
				differ(c)
				if c.request.Login.Shared {
					d.pause(c)
				} else {
					c.acquire()
				}
				pausing = append(pausing, c)
			}
			holder.put()
			d.settle()
			if next := sharer(0); next.take() == nil {
				t.Error("the connection is not idle where it was put")
			} else {
				next.discard()
			}
			for _, c := range pausing {
				c.pending()
				c.cancel()
			}
		})
	}
}

// Those who hold connections that they could do without learn that somebody wants one.
func TestPausingTells(t *testing.T) {
	d := newClosedDoor(t, 1)
	d.close(0)
	before := d.wanted.Load()
	d.pause(d.newSharer(0)).cancel()
	if d.wanted.Load() == before {
		t.Error("nobody was told")
	}
}
