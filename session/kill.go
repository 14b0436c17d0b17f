package session

import (
	"encoding/binary"
	"errors"
	"regexp"

	"parkway/hostgroup/backend"
	"parkway/monitor/kill"
	"parkway/protocol"
	"parkway/protocol/digest"
)

// KILL. A client knows its own and others' connections by the proxy's ids; a
// server would take the number for one of its own. So the proxy carries KILL
// out itself: it finds the session, and tells its server if a statement runs.

// order is a KILL of the session's client. The bytes of the command wait unread:
// they are offered again after each step, and used with the last.
type order struct {
	digest.Kill
	done       bool
	outcome    *protocol.ERR // nil: it went well
	denied     bool          // the session belongs to another user
	asked      bool          // the server, for the user's grants, and it has answered
	privileged bool          // they allow it
}

// errKilled is why a session ends that was killed.
var errKilled = errors.New("killed")

// killer is the session that says KILL, for the log of another loop.
type killer struct {
	session uint32
	user    string
}

// logKilled says in the log by whom the session was ended.
func (s *Session) logKilled(by killer) {
	name := ""
	if s.user != nil {
		name = s.user.Name
	}
	s.worker.proxy.noise.Info().Uint32("session", s.id).Str("client", s.conn.RemoteString()).Str("user", name).
		Uint32("by_session", by.session).Str("by_user", by.user).Msg("client killed")
}

// query is COM_QUERY.
func (s *Session) query(p []byte, whole bool) int {
	sql, err := protocol.QueryText(p[protocol.HeaderLen:], s.caps)
	if err != nil {
		return s.forward(p, whole) // for the server to say what is wrong with it
	}
	return s.screen(p, sql, whole)
}

// prepare is COM_STMT_PREPARE.
func (s *Session) prepare(p []byte, whole bool) int {
	s.mine.killPrepared = 0
	return s.screen(p, p[protocol.HeaderLen+1:], whole)
}

// screen passes on a command with a text, unless that is a KILL.
func (s *Session) screen(p, sql []byte, whole bool) int {
	found := s.findsKill(sql)
	switch {
	case found == 0:
		return s.forward(p, whole)
	case !found.Has(digest.KillStmt):
		return s.forwardOwnID(p, sql, whole)
	}
	prepares := s.command == protocol.ComStmtPrepare
	k, ok := digest.KillTarget(sql)
	switch {
	case !ok || !whole || k.Param && !prepares:
		return s.refuseKill(p, whole)
	case prepares:
		return s.prepareKill(k, p)
	}
	return s.kill(k, p)
}

// refuseKill answers a KILL that the proxy does not understand.
func (s *Session) refuseKill(p []byte, whole bool) int {
	s.refusal = protocol.NewERR(protocol.ErrCodeNotSupportedYet,
		"parkway: KILL is supported alone and with the number of a connection: KILL [HARD|SOFT] [CONNECTION|QUERY] id")
	return s.refuse(p, whole)
}

// processKill is COM_PROCESS_KILL.
func (s *Session) processKill(p []byte, whole bool) int {
	body := p[protocol.HeaderLen:]
	if !whole || len(body) < 5 {
		return s.refuseMalformed(p, whole)
	}
	return s.kill(digest.Kill{ID: uint64(binary.LittleEndian.Uint32(body[1:]))}, p)
}

// kill takes the next step of a KILL, and returns how many bytes of the command
// it used: all of them with the last step.
func (s *Session) kill(k digest.Kill, p []byte) int {
	if k.Own {
		k.ID = uint64(s.id)
	}
	if k.ID == uint64(s.id) {
		return s.killOneself(k, p)
	}
	if s.order == nil {
		s.order = &order{Kill: k}
	}
	switch o := s.order; {
	case o.done:
		s.order = nil
		if o.outcome != nil {
			s.write(s.message.NextSeq(), o.outcome.Append)
		} else {
			s.writeOK(s.message.NextSeq())
		}
		s.share()
		s.settle()
		return len(p)
	case o.denied && !o.asked:
		s.askGrants(o)
		return 0
	case o.denied && !o.privileged:
		o.done, o.outcome = true, notOwner(o.ID)
		return s.kill(k, p)
	}
	s.setState(killing)
	s.conn.PauseRead()
	s.seek(s.order)
	return 0
}

// killOneself is a KILL of the client's own connection: the statement that ends
// is the KILL.
func (s *Session) killOneself(k digest.Kill, p []byte) int {
	reason := interrupted()
	if k.Query {
		s.write(s.message.NextSeq(), reason.Append)
		s.settle()
		return len(p)
	}
	if s.isMariaDB() {
		reason = protocol.NewERR(protocol.ErrCodeConnectionKilled, "parkway: Connection was killed")
	}
	s.logKilled(killer{s.id, s.user.Name})
	s.fatal(s.message.NextSeq(), reason)
	return len(p)
}

func interrupted() *protocol.ERR {
	return protocol.NewERR(protocol.ErrCodeQueryInterrupted, "parkway: Query execution was interrupted")
}

func notOwner(id uint64) *protocol.ERR {
	return protocol.NewERR(protocol.ErrCodeKillDenied, "parkway: You are not owner of thread %d", id)
}

func unknownThread(id uint64) *protocol.ERR {
	return protocol.NewERR(protocol.ErrCodeNoSuchThread, "parkway: Unknown thread id: %d", id)
}

// killRight matches the grants that let a user kill others: MySQL's, MariaDB's,
// and what both had before.
var killRight = regexp.MustCompile(`(?i)^GRANT (.*, ?)?(ALL PRIVILEGES|SUPER|CONNECTION[_ ]ADMIN)(,.*)? ON \*\.\* TO `)

// askGrants asks the server whether the user may kill others.
func (s *Session) askGrants(o *order) {
	if s.beingCut() {
		s.conn.PauseRead() // cutBack lets it go on
		return
	}
	s.forgetStatement()
	if !s.obtain() {
		return
	}
	s.mine.past.rowCount = 0
	s.foreign = everything // the connection will remember this
	s.await()
	s.backend.Ask(backend.Query{SQL: "SHOW GRANTS", Then: func(told backend.Told) {
		o.asked = true
		for _, g := range told.Values {
			o.privileged = o.privileged || killRight.MatchString(g)
		}
	}})
}

// seek looks for the session that o names, on the loop where it can be.
func (s *Session) seek(o *order) {
	w := s.worker.proxy.workerOf(o.ID)
	if w == nil {
		s.worker.loop.Post(func() { s.found(o, unknownThread(o.ID), false) })
		return
	}
	by, privileged := killer{s.id, s.user.Name}, o.privileged
	answer := func(outcome *protocol.ERR, denied bool) {
		s.worker.loop.Post(func() { s.found(o, outcome, denied) })
	}
	w.loop.Post(func() {
		t := w.find(uint32(o.ID))
		switch {
		case t == nil || t.state == closing:
			answer(unknownThread(o.ID), false)
		case !privileged && (t.user == nil || t.user.Name != by.user):
			answer(nil, true)
		default:
			survived := false
			t.conn.Guard(func() {
				t.beKilled(&o.Kill, by, func(outcome *protocol.ERR) { answer(outcome, false) })
				survived = true
			})
			if !survived {
				answer(nil, false) // It panicked, and its connection ends. If there is another answer, the first one counts.
			}
		}
	})
}

// found goes on with a KILL, whose session was found or not.
func (s *Session) found(o *order, outcome *protocol.ERR, denied bool) {
	if s.state != killing || s.order != o {
		return
	}
	o.outcome, o.denied, o.done = outcome, denied, !denied
	s.conn.Guard(func() {
		s.setState(ready)
		s.watch()
		s.resume()
	})
}

// beKilled ends the session or its statement. done is told what became of that.
// k belongs to another loop and is only read.
func (s *Session) beKilled(k *digest.Kill, by killer, done func(*protocol.ERR)) {
	switch {
	case !k.Query:
		// Without a word, as servers do.
		s.logKilled(by)
		s.drop(errKilled)
		done(nil)
	case s.state == acquiring && s.backend == nil:
		s.worker.pool.Cancel(&s.request)
		s.OnNoBackend(interrupted())
		done(nil)
	case s.state == pondering:
		s.giveUpScript(interrupted())
		done(nil)
	case s.state == delayed:
		s.endDelay()
		s.OnNoBackend(interrupted())
		done(nil)
	case s.state == doubtful:
		s.endDoubt(interrupted())
		done(nil)
	case s.state == observing && s.script.observed.done:
		s.breakObservation(interrupted())
		done(nil)
	case s.backend != nil && s.backend.Busy():
		if s.state == observing {
			s.breakObservation(interrupted())
		}
		id := s.id
		s.killQuery(k.Soft, func(r kill.Result) { done(killOutcome(id, r)) })
	default:
		done(nil)
	}
}

// killOutcome is what a client reads of its KILL.
func killOutcome(id uint32, r kill.Result) *protocol.ERR {
	switch r.Outcome {
	case kill.Killed, kill.Gone:
		return nil
	case kill.Dropped:
		return protocol.NewERR(protocol.ErrCodeUnknown,
			"parkway: the statement of connection %d could not be killed: too many at once, or its server is not configured any more", id)
	}
	return protocol.NewERR(protocol.ErrCodeUnknown, "parkway: the statement of connection %d could not be killed: %v", id, r.Err)
}
