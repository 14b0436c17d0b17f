package session

import (
	"time"

	"parkway/hostgroup/backend"
	"parkway/monitor/kill"
	"parkway/protocol"
)

// Ending a statement at its server. The loop leaves a task to the control pool
// (monitor/kill) and goes on; until the pool has told the outcome, the session
// keeps its connection and begins nothing on it, because a KILL QUERY that comes
// late would hit whatever runs there then.

// Killer carries out KILLs at servers: monitor/kill. Any thread.
type Killer interface {
	// Kill queues a task, and never blocks. Without ok nothing is done, and nobody
	// is told.
	Kill(task kill.Task) (ok bool)
}

// cut is what is under way to end a session's statement. It speaks of one
// backend connection; when the session has another, it is void.
type cut struct {
	backend *backend.Conn
	tasks   int           // that the control pool has not answered
	reason  *protocol.ERR // what the client reads in place of the server's words; nil: these
	until   int64         // loop time by which the statement must have ended; 0: any
	inside  bool          // the next bytes of the answer continue a packet
}

// killGrace is how long a server may take to end a statement that was killed,
// unless Config says otherwise. MariaDB's KILL itself may take 2 s.
const killGrace = 5 * time.Second

// beingCut reports whether somebody wants the end of the statement under way, or
// wanted that of the last one and may still have it in mind.
func (s *Session) beingCut() bool { return s.cut != nil && s.cut.backend == s.backend }

// cutShort begins to end the statement under way, and returns what is noted of that.
func (s *Session) cutShort() *cut {
	if !s.beingCut() {
		s.cut = &cut{backend: s.backend, inside: s.backend.Answer().Partial()}
	}
	return s.cut
}

// killQuery has the server end the statement under way. told learns, on the
// loop, what became of that, also when the session has ended by then.
func (s *Session) killQuery(soft bool, told func(kill.Result)) {
	c := s.cutShort()
	c.tasks++
	task := s.killTask()
	task.Soft = soft
	s.worker.kill(task, func(r kill.Result) {
		s.conn.Guard(func() {
			c.tasks--
			told(r)
			s.cutBack(c)
		})
	})
}

// killTask is a KILL of the thread that the session's backend has.
func (s *Session) killTask() kill.Task { return killTaskOf(s.backend) }

// killTaskOf is a KILL of the thread of a connection.
func killTaskOf(b *backend.Conn) kill.Task {
	login := b.Login()
	task := kill.Task{Server: b.Server(), Thread: b.Thread(), User: login.User}
	task.At.Network, task.At.Address = b.Endpoint()
	task.Password, task.Known = login.Credential.Clear()
	return task
}

// kill leaves a task to the control pool. told, which may be nil, is called on
// the loop, never from inside the call.
func (w *worker) kill(task kill.Task, told func(kill.Result)) {
	answer := func(r kill.Result) {
		w.loop.Post(func() {
			w.metrics.Kill(r.Outcome.String())
			if told != nil {
				told(r)
			}
		})
	}
	task.Done = answer
	if k := w.proxy.kills; k == nil || !k.Kill(task) {
		answer(kill.Result{Outcome: kill.Dropped})
	}
}

// cutBack lets the session go on when the last task for its connection was
// answered after its statement.
func (s *Session) cutBack(c *cut) {
	if s.cut != c || c.tasks > 0 || s.state == closing {
		return
	}
	if s.beingCut() && s.backend.Busy() {
		return
	}
	s.cut = nil
	if s.state == ready {
		s.share()
		s.watch()
	}
	s.resumeNextTurn()
}

// endCut is called when the answer to the statement under way is complete.
func (s *Session) endCut() {
	c := s.cut
	c.reason, c.until = nil, 0
	if c.tasks == 0 || !s.beingCut() {
		s.cut = nil
	}
}

// sendCut passes a part of an answer on to the client, whose statement somebody
// wants the end of. Where the proxy wants it, the client reads why in place of
// the server's words.
func (s *Session) sendCut(chunk []byte, progress protocol.Progress) {
	c, answer := s.cut, s.backend.Answer()
	inside := c.inside
	c.inside = answer.Partial()
	code, failed := answer.Failed()
	if progress != protocol.Done || !failed || code != protocol.ErrCodeQueryInterrupted || c.reason == nil || inside {
		s.send(chunk)
		return
	}
	last := lastPacket(chunk)
	if last > 0 {
		s.send(chunk[:last])
	}
	s.write(chunk[last+protocol.HeaderLen-1], c.reason.Append)
}

// lastPacket is where the last of some whole packets begins.
func lastPacket(packets []byte) (at int) {
	for {
		length, _ := protocol.Header(packets[at:])
		if next := at + protocol.HeaderLen + length; next+protocol.HeaderLen <= len(packets) {
			at = next
			continue
		}
		return at
	}
}

// overdue ends the statement under way because of reason: the server is told to
// end it, and if it does so in time the session goes on.
func (s *Session) overdue(reason *protocol.ERR) {
	if s.state == observing {
		if s.breakObservation(reason); s.state != answering {
			return
		}
	}
	if s.state != answering && s.state != injecting || s.beingCut() && s.cut.until != 0 {
		// The server waits for the client and has nothing to end, or does not end it.
		s.giveUp(reason)
		return
	}
	c := s.cutShort()
	c.reason, c.until = reason, s.worker.loop.Now()+int64(s.worker.proxy.killGrace)
	s.killQuery(false, func(r kill.Result) {
		if r.Outcome > kill.Gone && s.cut == c && c.reason != nil && s.beingCut() && (s.state == answering || s.state == injecting) {
			s.giveUp(reason)
		}
	})
	s.watch()
}

// giveUp ends the statement under way together with its connection. The session
// ends too, unless nothing of it is lost by that.
func (s *Session) giveUp(reason *protocol.ERR) {
	b := s.backend
	seq, partial := s.inAnswer(b)
	if s.state != answering || s.holds() || s.status&protocol.StatusInTrans != 0 || partial {
		s.interrupt(reason)
		return
	}
	s.killConnection()
	s.loseBackend()
	s.worker.pool.Discard(b)
	s.fail(seq, reason)
}

// killConnection has the server end what runs on the session's connection, which
// is about to be closed: a server notices that only when it writes. It reports
// whether the connection is unfit for others.
func (s *Session) killConnection() (unfit bool) {
	if s.backend.Busy() {
		task := s.killTask()
		task.Connection = true
		s.worker.kill(task, nil)
		return true
	}
	return s.beingCut()
}
