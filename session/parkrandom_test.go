package session_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// A player is a client that does things at random.
type player struct {
	t   *testing.T
	w   *world
	r   *rand.Rand
	ids *sync.Map // of all players, by number
	n   int       // its own
}

// players of one world.
const players = 20

// Many clients that speak, are quiet, leave, are killed, are too slow and come again, at random, until the proxy drains at a moment of its own:
// every answer is right, and every session and descriptor is accounted for.
func TestParkingAtRandom(t *testing.T) {
	for _, idle := range []time.Duration{0, time.Millisecond} {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		w := newWorld(t, func(s *setup) {
			killable(s)
			s.loops = 2
			s.users[0].MaxConnections = 0
			s.server.Handler = echoAll
			s.settings.SessionIdle, s.settings.WaitTimeout = idle, brief
		})
		r := rand.New(rand.NewPCG(seed, players))
		time.AfterFunc(time.Duration(100+r.IntN(400))*time.Millisecond, w.BeginDrain)
		var ids sync.Map
		var all sync.WaitGroup
		for n := range players {
			p := &player{t: t, w: w, r: rand.New(rand.NewPCG(seed, uint64(n))), ids: &ids, n: n}
			all.Go(func() {
				for p.live() {
				}
			})
		}
		all.Wait()
		if cut := <-w.drain(patience); cut != 0 {
			t.Errorf("%d clients were cut off", cut)
		}
		w.waitSessions(0)
		w.waitParked(0)
		if got := w.metric(`parkway_sessions{state="active"}`); got != "0" {
			t.Errorf("%s sessions are active", got)
		}
		if w.metric("parkway_parks_total") == "0" || w.metric("parkway_unparks_total") == "0" {
			t.Error("nobody was parked, or nobody woken")
		}
	}
}

// live is the life of one client. It is false when the proxy lets nobody in any more.
func (p *player) live() bool {
	c, err := mysqltest.Connect(p.w.client())
	if err != nil {
		if !p.w.Draining() {
			p.t.Error(err)
		}
		return false
	}
	defer c.Close()
	p.ids.Store(p.n, id(c))
	for p.play(c) {
		switch p.r.IntN(20) {
		case 0:
			time.Sleep(2 * brief) // and its time is over
		case 1, 2, 3, 4, 5, 6:
			time.Sleep(time.Duration(p.r.IntN(3000)) * time.Microsecond)
		}
	}
	return true
}

// play does one thing. It is false when the client has come to its end, by itself or not.
func (p *player) play(c *mysqltest.Client) bool {
	switch p.r.IntN(14) {
	case 0:
		return false
	case 1:
		c.Conn().(*net.TCPConn).SetLinger(0)
		return false
	case 2:
		c.WriteCommand(protocol.ComQuit)
		return false
	case 3:
		c.WriteRaw(ping[:1+p.r.IntN(len(ping)-1)])
		return false
	case 4:
		victim, _ := p.ids.Load(p.r.IntN(players))
		_, err := c.Query(fmt.Sprintf("KILL %v", victim))
		return err == nil
	case 5:
		victim, _ := p.ids.Load(p.r.IntN(players))
		_, err := c.Query(fmt.Sprintf("KILL QUERY %v", victim))
		return err == nil
	case 6:
		cut := 1 + p.r.IntN(len(ping)-1)
		c.WriteRaw(ping[:cut])
		time.Sleep(time.Duration(p.r.IntN(500)) * time.Microsecond)
		c.WriteRaw(ping[cut:])
		_, err := c.ReadRaw(len(pong))
		return err == nil
	}
	text := fmt.Sprintf("SELECT %d", p.r.Uint64())
	results, err := c.Query(text)
	if err != nil {
		return false // killed, or too late
	}
	if rows, err := results[0].Text(); err != nil || len(rows) != 1 || rows[0][0] != text {
		p.t.Errorf("%s: %q, %v", text, rows, err)
	}
	return true
}
