package session

import (
	"fmt"

	"parkway/hostgroup/backend"
	"parkway/hostgroup/stmt"
	"parkway/protocol"
	"parkway/protocol/sysvar"
)

// Prepared statements of the binary protocol, of sessions that share
// connections: the client has ids of its own, and a connection that lacks a
// statement prepares it first. Package stmt says which calls a command makes.
// Sessions that share nothing use none of this: ids pass as they are.

// examineStatement fills in s.now for a command about a statement, or sets
// s.refusal.
func (s *Session) examineStatement(p []byte, whole bool) {
	now := &s.now
	id, _ := stmt.ReadID(p)
	e := s.mine.statements.Find(id)
	if e == nil {
		return // transmit lets the server say so
	}
	now.entry = e
	switch s.command {
	case protocol.ComStmtExecute, protocol.ComStmtBulkExecute:
		s.examineExecution(p, whole)
	case protocol.ComStmtSendLongData:
		s.examineText(e.Statement)
		now.slot = s.mine.statements.LongDataSlot(e)
	case protocol.ComStmtFetch:
		now.slot = s.mine.statements.CursorSlot(e)
	case protocol.ComStmtReset:
		now.slot = s.mine.statements.Slot(e)
	}
}

// examineExecution is examineStatement for COM_STMT_EXECUTE and its like.
func (s *Session) examineExecution(p []byte, whole bool) {
	now := &s.now
	if s.refusal = now.entry.Refusal; s.refusal != nil {
		s.mine.statements.Reset(now.entry, s.server())
		s.holdStatements()
		return
	}
	st := now.entry.Statement
	s.examineText(st)
	now.raw = true
	now.execution, s.refusal = now.entry.Read(p, whole, s.caps, s.bindsIn())
	now.incomplete = now.execution.Need > 0
	if s.refusal == nil && !now.incomplete && s.command == protocol.ComStmtExecute {
		now.entry.Derive(p, now.execution, s.environment())
	}
	now.slot = s.mine.statements.Slot(now.entry)
	if s.later() {
		now.text = append(now.text, st.Text...)
	}
}

// examineText fills in what is known of a statement's text.
func (s *Session) examineText(st *stmt.Statement) {
	s.now.info, s.now.options = st.Info, st.Options
	if s.worker.rules() != nil {
		s.now.sql = st.SQL()
	}
}

// server is what is prepared on the session's connection; nil without one.
func (s *Session) server() *stmt.ServerStatements {
	if s.backend == nil {
		return nil
	}
	return s.backend.Statements()
}

// lacks reports whether the connection lacks the statement that the command
// under way is about, or the types of its parameters as they were sent.
func (s *Session) lacks() bool {
	now := &s.now
	if now.slot.Statement == nil {
		return false
	}
	now.on = s.server().Find(now.slot)
	if now.on == nil && s.derivesAnew() {
		now.on = s.server().Turn(now.entry.Before(now.slot), now.slot)
	}
	return now.on == nil || s.unbound()
}

// derivesAnew reports whether the command under way makes MySQL derive its statement anew.
func (s *Session) derivesAnew() bool {
	return s.command == protocol.ComStmtExecute && s.now.entry != nil && s.now.entry.Anew()
}

// bindsIn is the environment that servers keep with the types of parameters, to read texts by that come later.
func (s *Session) bindsIn() string {
	if !s.isMariaDB() {
		return s.clientCharset()
	}
	return s.charsetEnvironment()
}

// unbound reports whether the connection, which has the statement under way, has to be told types of an earlier environment. Long data that it
// has would be lost over that.
func (s *Session) unbound() bool {
	return s.isMariaDB() && s.now.entry.Held()&stmt.HoldLongData == 0 && s.now.execution.Unbound(s.now.on, s.bindsIn())
}

// equip makes the connection what lacks says that it is not. The command waits.
func (s *Session) equip() {
	s.await()
	switch {
	case s.learn(): // where the session is, first; the command comes here again
	case s.now.on != nil:
		s.bind()
	default:
		s.prepareHere()
	}
}

// bind tells the connection the types of the parameters of the statement under way, in the environment in which the client has sent them.
func (s *Session) bind() {
	want := backend.Want{Session: s.mine.vars, Schema: s.mine.schema, Bare: s.bare()}
	want.Session.Vars = withEnvironment(s.worker.pool.Interner(), s.mine.vars.Vars, stmt.Charsets, s.now.execution.Environment())
	if s.backend.Sync(&want) {
		s.foreign = everything
		s.backend.Bind(s.now.execution.AppendBinding(nil, s.now.on))
	}
}

// prepareHere has the connection prepare the statement under way, in the context in which the client has prepared it. Where that would cost
// what the connection is kept for, or variables whose values the server has not told, the context is that of now: the text may mean something
// else in it, so that the statement is for nobody else.
func (s *Session) prepareHere() {
	want, resets := s.contextHere()
	if resets && (s.mine.pins != 0 || s.holds()) || s.isMariaDB() && s.mine.pins.Has(sysvar.Trackers) {
		want.Session = s.mine.vars
		if s.now.slot.Shared() {
			s.mine.statements.Isolate(s.now.entry)
			s.now.slot = s.mine.statements.Slot(s.now.entry)
		}
	}
	if s.backend.Sync(&want) {
		s.backend.Prepare(s.now.slot, s.worker.proxy.settings.Load().DefaultQueryTimeout)
	}
}

// contextHere is the context in which the client has prepared the statement under way, with the connection's user variables, which have no part
// in it. resets says that only a reset brings the connection there, which ends those too.
func (s *Session) contextHere() (want backend.Want, resets bool) {
	want = s.inContext(s.now.slot)
	if !s.backend.Resets(&want) {
		return want, false
	}
	want.Session.UserVars = s.backend.Have().Session.UserVars // a number among them may be of a collation that nothing but a SET brings about
	if !s.backend.Resets(&want) {
		return want, false
	}
	want.Session.UserVars = s.worker.pool.Interner().Empty()
	return want, true
}

// notPrepared answers the command that waited with what the server said to its
// statement.
func (s *Session) notPrepared(reason *protocol.ERR) {
	s.warn()
	s.oweUnexecuted()
	s.share()
	if s.command == protocol.ComStmtFetch { // of a statement without a cursor, which a server would say first
		text := fmt.Sprintf("The statement (%d) has no open cursor", s.now.entry.ID)
		if !s.isMariaDB() {
			text += "."
		}
		reason = &protocol.ERR{Code: protocol.ErrCodeNoOpenCursor, State: "HY000", Message: text}
	}
	s.unprepared = reason
	s.OnNoBackend(reason)
}

// concludeStatement notes what a command about a statement has brought about.
func (s *Session) concludeStatement(answer *protocol.ResponseReader) {
	now := &s.now
	code, failed := answer.Failed()
	if s.command == protocol.ComStmtPrepare {
		s.concludePrepare(answer, failed)
		return
	}
	if failed && aboutStatement(s.command) {
		s.warn()
		s.note()
	}
	if now.entry == nil {
		return
	}
	status := answer.Status()
	switch s.command {
	case protocol.ComStmtExecute, protocol.ComStmtBulkExecute:
		switch {
		case !failed:
			s.server().Settle(now.slot)
		case !s.tookTypes(code):
			s.server().Forget(now.slot)
		}
		s.oweSchema(answer)
		s.mine.statements.Executed(now.entry, s.server(), status&protocol.StatusCursorExists != 0, failed)
	case protocol.ComStmtFetch:
		s.mine.statements.Fetched(now.entry, failed || status&protocol.StatusLastRowSent != 0)
	case protocol.ComStmtReset:
		s.mine.statements.Reset(now.entry, s.server())
	}
	s.holdStatements()
}

// tookTypes reports whether the server knows the types of an execution that failed with this code, whether they were in it or told before:
// MariaDB reads them before anything else can fail than that it is no execution, and keeps them.
func (s *Session) tookTypes(code uint16) bool {
	return s.isMariaDB() && s.command == protocol.ComStmtExecute && code != protocol.ErrCodeWrongArguments && code != protocol.ErrCodeUnknownStatement
}

// holdStatements keeps the connection as long as the server holds something for
// a statement.
func (s *Session) holdStatements() {
	held := s.mine.statements.Held()
	before := s.mine.pins
	pins := before &^ (sysvar.LongData | sysvar.Cursor)
	if held&stmt.HoldLongData != 0 {
		pins |= sysvar.LongData
	}
	if held&stmt.HoldCursor != 0 {
		pins |= sysvar.Cursor
	}
	s.mine.pins = pins
	(pins &^ before).Each(s.worker.metrics.Pin)
}

// forgetStatements closes the statements of a session that ends.
func (s *Session) forgetStatements() {
	s.dropPreparing()
	s.mine.statements.Clear()
}
