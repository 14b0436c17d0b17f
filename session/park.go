package session

import (
	"errors"
	"io"
	"time"

	"parkway/protocol"
	"parkway/reactor"
)

// Parking. A session on which nothing has happened for session_idle_ms, and which holds nothing, is taken apart: its socket goes to the
// idle loop, what the client has set to the worker's lot, and the Session and its connection to the garbage collector. When the client
// speaks again, it gets new ones. A Session that was parked is of no more use; whoever looks for the client asks worker.find.

// maxParkedSteps is how many parked sessions are looked at in one go, where all of them must be.
const maxParkedSteps = 64

// parkable reports whether all that there is of the session can be parked, as far as the session knows; reactor.Conn.Park knows of bytes
// that were not read or written yet.
func (s *Session) parkable() bool {
	return s.worker.loop.Parks() && s.state == ready && s.backend == nil && s.mine.pins == 0 &&
		s.cut == nil && s.order == nil && !s.holdsAside() && !s.worker.proxy.draining.Load()
}

// parkingTime is the loop time at which the session has been quiet for long enough. It is the same for those that become quiet about
// the same time, because to wake the loop for each of them would cost more than to park them.
func (s *Session) parkingTime() int64 {
	idle := int64(s.worker.proxy.settings.Load().SessionIdle)
	at, step := s.since+idle, idle/parkingSteps
	if step > 0 {
		at += step - 1 - (at+step-1)%step
	}
	return at
}

// parkingSteps is how many times in session_idle_ms sessions are parked.
const parkingSteps = 8

// parkOrWait parks the session, or looks again after a while.
func (s *Session) parkOrWait() {
	if s.park() {
		return
	}
	again := max(s.worker.proxy.settings.Load().SessionIdle, minParkRetry)
	s.alarm = s.worker.loop.Now() + int64(again)
	s.timer.Reset(again)
}

// minParkRetry is how long a session that could not be parked is left alone.
const minParkRetry = 100 * time.Millisecond

// park parks the session. It is false if that is not possible now: a part of a command is there, or of an answer not read.
func (s *Session) park() bool {
	w := s.worker
	place, p := w.lot.put(s.id)
	fd, err := s.conn.Park(uint32(place))
	if err != nil {
		w.lot.remove(place)
		return false
	}
	p.fd = int32(fd)
	p.since, p.status, p.nonce, p.peer = s.since, s.standing(), s.nonce, s.conn.Peer()
	p.past, p.asksRows, p.statements = s.mine.past, s.mine.asksRows, s.mine.statements
	s.stay.count(s)
	p.rare = s.rare()
	p.shared = w.identities.acquire(identity{
		user: s.user, as: s.as, credential: s.credential, caps: s.caps, charset: s.charset,
		schema: s.mine.schema, vars: s.mine.vars, login: s.mine.login, unshareable: s.mine.unshareable,
	})
	s.timer.Stop()
	s.setState(gone)
	w.unlink(s)
	w.forgetLinger(s)
	w.metrics.SessionParked()
	w.watchParked()
	return true
}

// unparked makes a session of what was parked at place; c is its connection.
func (w *worker) unparked(place int32, c *reactor.Conn) *Session {
	p := w.lot.at(place)
	id := &p.shared.identity
	c.SetPeer(p.peer)
	s := w.newSession(c, p.id)
	s.since, s.status, s.nonce = p.since, p.status, p.nonce
	s.user, s.as, s.credential, s.caps, s.charset = id.user, id.as, id.credential, id.caps, id.charset
	s.mine = portable{
		vars: id.vars, login: id.login, schema: id.schema, unshareable: id.unshareable,
		past: p.past, asksRows: p.asksRows, statements: p.statements,
	}
	if r := p.rare; r != nil {
		r.giveBack(s)
	}
	s.state = ready
	w.forgetParked(place)
	w.metrics.SessionUnparked()
	return s
}

// forgetParked gives a place in the lot back.
func (w *worker) forgetParked(place int32) {
	w.identities.release(w.lot.at(place).shared)
	w.lot.remove(place)
}

// unpark brings a parked session back for another reason than that its client has spoken.
func (w *worker) unpark(place int32) *Session {
	s := w.unparked(place, w.loop.Unpark(int(w.lot.at(place).fd)))
	s.watch()
	return s
}

// find returns the session with this id, parked or not; nil if there is none.
func (w *worker) find(id uint32) *Session {
	if s := w.sessions[id]; s != nil {
		return s
	}
	if place := w.lot.find(id); place != none {
		return w.unpark(place)
	}
	return nil
}

// OnWake brings a parked session back, whose client has spoken.
func (w *worker) OnWake(c *reactor.Conn, place uint32) {
	s := w.unparked(int32(place), c)
	s.since = w.loop.Now()
	s.watch()
}

// OnGone ends a parked session whose client has left.
func (w *worker) OnGone(place uint32, err error) {
	if !errors.Is(err, io.EOF) {
		p := w.lot.at(int32(place))
		w.metrics.SessionAborted()
		w.logLost(p.id, p.peer.String(), err)
	}
	w.endParked(int32(place))
}

// endParked forgets a parked session, whose connection is closed.
func (w *worker) endParked(place int32) {
	p := w.lot.at(place)
	if p.rare != nil {
		w.endStay(p.rare.stay, p.shared.user.Name, p.shared.schema)
	}
	p.statements.Clear()
	p.shared.user.Leave()
	w.forgetParked(place)
	w.metrics.ParkedSessionClosed()
	w.proxy.sessions.Add(-1)
}

// dismiss ends a parked session, whose client reads the reason as the answer to whatever it asks next.
func (w *worker) dismiss(place int32, reason *protocol.ERR) {
	if !w.drop(place, reason) {
		w.unpark(place).interrupt(reason)
	}
}

// drop is dismiss for a client that was not answered a moment ago (see goodbye), and has not just spoken or left. It is false for others.
func (w *worker) drop(place int32, reason *protocol.ERR) bool {
	p := w.lot.at(place)
	if w.loop.Now() < p.since+int64(farewell) {
		return false
	}
	buf, start := protocol.BeginPacket(w.scratch[:0])
	buf = protocol.EndPacket(reason.Append(buf), start, 1)
	w.scratch = buf
	if !w.loop.DropParked(int(p.fd), buf) {
		return false
	}
	w.logDismissed(p.id, reason)
	w.metrics.ClientOut(len(buf))
	w.endParked(place)
	return true
}

// watchParked makes sure that the timer fires when the session that was parked first has been quiet for wait_timeout.
func (w *worker) watchParked() {
	if w.lot.first == none || w.parkedTimer.Armed() {
		return
	}
	at := w.lot.at(w.lot.first).since + int64(w.proxy.settings.Load().WaitTimeout)
	w.parkedTimer.Reset(time.Duration(max(at-w.loop.Now(), 0)))
}

// rewatch is watch and watchParked after a change of the settings: a shorter limit holds for what is under way, too.
func (w *worker) rewatch() {
	for s := w.first; s != nil; s = s.next {
		s.watch()
	}
	w.parkedTimer.Stop()
	w.watchParked()
}

// expireParked ends the sessions that were quiet for wait_timeout.
func (w *worker) expireParked() {
	limit := w.proxy.settings.Load().WaitTimeout
	for range maxParkedSteps {
		if w.lot.first == none || w.loop.Now() < w.lot.at(w.lot.first).since+int64(limit) {
			break
		}
		w.dismiss(w.lot.first, inactive(limit))
	}
	w.watchParked()
}

// dismissParked ends all parked sessions, some in each turn.
func (w *worker) dismissParked(reason *protocol.ERR) {
	for range maxParkedSteps {
		if w.lot.first == none {
			return
		}
		w.dismiss(w.lot.first, reason)
	}
	w.loop.Post(func() { w.dismissParked(reason) })
}
