package session

import (
	"time"

	"parkway/hostgroup/backend"
	"parkway/hostgroup/stmt"
	"parkway/protocol"
	"parkway/protocol/sysvar"
)

// Sharing: between two statements a session gives its backend connection to
// whoever needs one, if nothing pins it. What the session has set follows it to
// the next connection (backend.Conn.Sync).

// lingerTime is how long a connection is kept for a client that may ask what
// became of its last statement (sysvar.Transient): short while others wait.
const (
	lingerTime     = time.Second
	lingerTimeBusy = 20 * time.Millisecond
)

// portable is a session's state as it follows the session from one connection
// to the next, and what keeps it from doing so.
type portable struct {
	vars         sysvar.State
	login        sysvar.State // what the login brought about
	schema       string
	insertID     uint64 // what LAST_INSERT_ID() returns
	rows         bool   // the last statement had a result set
	strange      bool   // the connection has run nothing for this session yet
	pins         sysvar.Pins
	began        int64 // loop time at which the transaction began, if pins says that there is one
	objects      *sysvar.Objects
	statements   *stmt.ClientStatements   // that it has prepared; nil while there are none
	kills        map[uint32]*preparedKill // by id; nil while there are none
	killPrepared uint32                   // the id of the statement prepared last, if it is one of kills
	unshareable  bool                     // for as long as the client is logged in
}

// beginState is called when a login is done: nothing is set but what it brought about.
func (s *Session) beginState(schema string) {
	s.mine.statements.Clear()
	in := s.worker.pool.Interner()
	vars, ok := in.Login(s.charset, s.worker.proxy.hostgroups.Greeting().MariaDB)
	login := sysvar.State{Vars: vars, UserVars: in.Empty()}
	s.mine = portable{
		vars:        login,
		login:       login,
		schema:      schema,
		unshareable: !ok,
	}
}

// want is what the statement under way needs of a connection.
func (s *Session) want() backend.Want {
	past := backend.PastKept
	if s.mine.strange && s.asks() {
		if past = backend.PastNone; s.mine.rows {
			past = backend.PastSelect
		}
	}
	return backend.Want{
		Past:         past,
		Session:      s.mine.vars,
		Schema:       s.mine.schema,
		InsertID:     s.mine.insertID,
		NeedInsertID: s.now.info.Flags&asksInsertID != 0 && s.mine.pins&sysvar.InsertID == 0,
		Slot:         s.now.slot,
	}
}

// sharing reports whether the session may share connections at all. It goes by
// the backend that it has: one that was opened without is never shared. Prepared
// statements that are the proxy's own need one that is.
func (s *Session) sharing() bool {
	if s.backend != nil {
		return s.backend.Login().Shared
	}
	return s.worker.proxy.settings.Load().Multiplexing || s.worker.rules() != nil || s.holdsAside() || s.mine.statements.Len() > 0
}

// bound reports whether the session has to keep its connection, for more than
// what its client may ask next.
func (s *Session) bound() bool { return s.beingCut() || s.holds() }

// holds reports whether the session has state on its connection that can't
// follow it to another.
func (s *Session) holds() bool {
	const known = sysvar.Transient &^ sysvar.InsertID
	return !s.sharing() || s.mine.pins&^known != 0 || s.mine.statements.Held()&stmt.HoldText != 0 || s.mine.unshareable
}

// lingering reports whether the connection is kept only for what the client may
// ask next.
func (s *Session) lingering() bool {
	return s.state == ready && s.backend != nil && s.mine.pins != 0 && !s.bound() && !s.keeps()
}

// lingerEnd is the loop time at which lingering ends.
func (s *Session) lingerEnd() int64 {
	d := lingerTime
	if s.worker.pool.Waiting(s.request.Hostgroup) {
		d = lingerTimeBusy
	}
	return s.since + int64(d)
}

// share gives the connection back if nothing holds it.
func (s *Session) share() {
	if s.backend != nil && !s.bound() && s.mine.pins == 0 && !s.keeps() {
		s.release()
	}
}

// yield gives up a connection that is kept only for what the client may ask,
// when it asks something else and others wait.
func (s *Session) yield() {
	if s.lingering() && !s.asks() && s.worker.pool.Waiting(s.request.Hostgroup) {
		s.mine.pins = 0
		s.release()
	}
}

// note tells the connection what the session's statements have made of it.
func (s *Session) note() {
	b := s.backend
	have := b.Have()
	have.Session, have.Schema = s.mine.vars, s.mine.schema
	if s.now.event.InsertID != 0 {
		have.InsertID = s.mine.insertID
	}
	b.SetHave(have)
}

// resetState is what COM_RESET_CONNECTION does: all is as after the login, but
// for the schema.
func (s *Session) resetState() {
	s.beginState(s.mine.schema)
	if !s.worker.proxy.hostgroups.Greeting().MariaDB {
		// MySQL goes back to its global character sets, whatever the login said.
		s.mine.vars.Vars = s.worker.pool.Interner().Empty()
	}
	s.status = protocol.StatusAutocommit
}

// resetConnection is COM_RESET_CONNECTION.
func (s *Session) resetConnection(p []byte, whole bool) int {
	if !whole {
		s.refusal = protocol.NewERR(protocol.ErrCodeMalformedPacket, "parkway: Malformed communication packet")
		return s.refuse(p, whole)
	}
	if !s.sharing() && s.backend != nil && s.backend.Init() == "" {
		return s.forward(p, whole)
	}
	if b := s.backend; b != nil {
		s.backend = nil
		s.worker.pool.Discard(b)
	}
	s.releaseAsides()
	s.resetState()
	s.writeOK(s.message.NextSeq())
	s.settle()
	return len(p)
}
