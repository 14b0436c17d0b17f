package session

import (
	"parkway/hostgroup/backend"
	"parkway/hostgroup/stmt"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// Sharing: between two statements a session gives its backend connection to
// whoever needs one, if nothing pins it. What the session has set follows it to
// the next connection (backend.Conn.Sync).

// portable is a session's state as it follows the session from one connection
// to the next, and what keeps it from doing so.
type portable struct {
	vars         sysvar.State
	login        sysvar.State // what the login brought about
	schema       string
	owed         dues        // to the client
	untold       trackedVars // that a SET has assigned which failed, as MariaDB would not have reported it to the client
	unsure       bool        // see Session.learn
	past         past
	stirred      int64 // loop time of the last statement of which more than askable can be asked
	asksRows     bool  // by a prepared statement: ROW_COUNT()
	pins         sysvar.Pins
	access       digest.AccessMode // that its last START TRANSACTION named
	ended        bool              // the transaction of which the last status tells: see endsUnsaid
	began        int64             // loop time at which the transaction began, if pins says that there is one
	objects      *sysvar.Objects
	statements   *stmt.ClientStatements   // that it has prepared; nil while there are none
	kills        map[uint32]*preparedKill // by id; nil while there are none
	killPrepared uint32                   // the id of the statement prepared last, if it is one of kills
	unshareable  bool                     // for as long as the client is logged in
}

// beginState is called when a login is done: nothing is set but what it brought about. That of a COM_CHANGE_USER, as COM_RESET_CONNECTION, leaves
// FOUND_ROWS() as it was.
func (s *Session) beginState(schema string) {
	s.mine.statements.Clear()
	in := s.worker.pool.Interner()
	vars, ok := in.Login(s.charset, s.isMariaDB())
	login := sysvar.State{Vars: vars, UserVars: in.Empty()}
	s.mine = portable{
		vars:        login,
		login:       login,
		schema:      s.worker.names.of([]byte(schema)),
		past:        past{found: s.mine.past.found},
		unshareable: !ok,
	}
}

// want is what the statement under way needs of the session's connection.
func (s *Session) want() backend.Want {
	w := backend.Want{
		Session:      s.onLoan(),
		Schema:       s.mine.schema,
		InsertID:     s.mine.past.insertID,
		NeedInsertID: s.needsInsertID() && s.mine.pins&sysvar.InsertID == 0,
		Slot:         s.now.slot,
		Bare:         s.bare(),
	}
	if s.backend != nil && (w.NeedInsertID && s.backend.Have().InsertID != w.InsertID || s.backend.Differs(&w)) {
		s.foreign |= rowCount // the assignment will be what it speaks of
	}
	w.Access, w.NeedAccess = s.mine.access, s.reportsTransactions()
	w.Past = s.wantPast()
	return w
}

// sharing reports whether the session may share connections at all. It goes by
// the backend that it has: one that was opened without is never shared. Prepared
// statements that are the proxy's own need one that is.
func (s *Session) sharing() bool {
	if s.backend != nil {
		return s.backend.Login().Shared
	}
	return s.worker.follows() || s.holdsAside() || s.mine.statements.Len() > 0
}

// bound reports whether the session has to keep its connection, for more than
// what its client may ask next.
func (s *Session) bound() bool { return s.beingCut() || s.holds() }

// holds reports whether the session has state on its connection that can't
// follow it to another.
func (s *Session) holds() bool { return !s.sharing() || s.heldBy(^sysvar.Transient) }

// heldBy reports whether the session has to stay on its connection: because of state there that can't follow it to another, as these pins stand for
// or statements are, or because whatever it has does not.
func (s *Session) heldBy(pins sysvar.Pins) bool { return s.mine.unshareable || s.anchoredBy(pins) }

// anchoredBy reports whether the connection has state of the session that can't follow it to another: what these pins stand for, or statements.
func (s *Session) anchoredBy(pins sysvar.Pins) bool {
	return s.mine.pins&pins != 0 || s.mine.statements.Held()&stmt.HoldText != 0
}

// share gives the connection back if nothing holds it, or only what can be taken along and others wait.
func (s *Session) share() {
	if s.mine.pins&sysvar.MultiplexOff != 0 && !s.keeps() {
		s.mine.pins &^= sysvar.MultiplexOff
	}
	switch {
	case s.backend == nil || s.bound() || s.keeps():
	case !s.backend.Idle(): // It is being asked: asked follows, or OnBackendClosed.
	case s.mine.pins == 0:
		s.release()
	case s.mine.pins&^askable == 0 && s.worker.pool.Waiting(s.request.Hostgroup):
		s.part()
	default:
		s.linger()
	}
}

// note tells the connection what the session's statements have made of it.
func (s *Session) note() {
	b := s.backend
	have := b.Have()
	have.Session, have.Schema = s.now.loan.of(s.worker.pool.Interner(), s.mine.vars), s.mine.schema
	if s.mine.pins&sysvar.InsertID != 0 {
		have.InsertID = backend.InsertIDUnknown
	}
	have.Diagnostics = s.mine.pins&sysvar.Warnings != 0
	if s.now.access != digest.AccessUnsaid {
		have.Access = s.mine.access
	}
	b.SetHave(have)
}
