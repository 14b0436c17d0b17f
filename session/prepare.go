package session

import (
	"parkway/hostgroup/backend"
	"parkway/hostgroup/stmt"
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// COM_STMT_PREPARE, which is always forwarded: the server's answer is what the client reads, but for the id.

// What one client may have open: as many statements as a server allows all of
// its clients by default, and so many bytes of text.
const (
	maxStatements    = 16382
	maxStatementText = 16 << 20
)

// beginPrepare notes what the client prepares.
func (s *Session) beginPrepare(sql []byte, whole bool) {
	c := stmt.Context{
		User: s.user.Name, Schema: s.mine.schema, Class: s.caps & backend.Class, Environment: s.environment(),
	}
	known := s.worker.pool.Statements()
	acquire := known.Acquire
	if !whole {
		acquire = known.AcquireSingle
	}
	st := acquire(c, sql)
	st.Info, st.Options = s.now.info, s.now.options
	s.mine.asksRows = s.mine.asksRows || st.Info.Flags.Has(digest.RowCountFn)
	s.now.preparing, s.now.anchored = st, !whole || s.hasPlace(sql)
}

// hasPlace reports whether no other connection would prepare a text as this one does. MySQL remembers of which types user variables were;
// MariaDB gives those that the text assigns other collations, which must not happen behind the client's back; and nothing brings a session
// with a schema to where it had none, in which its statement is executed later too.
func (s *Session) hasPlace(sql []byte) bool {
	variables := digest.UserVarRead
	if s.isMariaDB() {
		variables = digest.UserVarAssign
	}
	return s.now.info.Flags.Has(variables) || s.mine.schema == "" && digest.AsksSchema(sql, s.now.options)
}

// openStatement gives the client the statement that it has prepared, if the answer,
// of which chunk is the beginning, is not an error.
func (s *Session) openStatement(chunk []byte) {
	if len(chunk) <= protocol.HeaderLen || chunk[protocol.HeaderLen] != 0 {
		return
	}
	now, mine := &s.now, &s.mine
	if mine.statements == nil {
		mine.statements = stmt.NewClientStatements(s.worker.pool.Statements(), maxStatements, maxStatementText)
	}
	if now.anchored {
		now.entry = mine.statements.AddAnchored(now.preparing)
	} else {
		now.entry = mine.statements.Add(now.preparing)
	}
	now.preparing = nil
	id, _ := stmt.PatchPrepared(chunk, now.entry.ID)
	s.server().Add(mine.statements.Slot(now.entry), id)
	if s.isMariaDB() { // it derives nothing before an execution
		return
	}
	var head protocol.PrepareOK
	if head.Decode(chunk[protocol.HeaderLen:], s.caps) == nil {
		now.entry.Statement.Prepared(head)
		now.derivation = stmt.NewDerivation(now.entry.Statement)
	}
}

// concludePrepare notes how COM_STMT_PREPARE ended.
func (s *Session) concludePrepare(answer *protocol.ResponseReader, failed bool) {
	s.dropPreparing()
	s.declareUserVars(answer)
	if failed {
		s.mine.statements.Fail()
		s.warn()
		s.note()
		return
	}
	head := answer.Prepared()
	if s.now.entry != nil {
		s.now.entry.Statement.Prepared(head)
	}
	if head.Warnings > 0 {
		s.warn()
	}
	s.note()
}

// declareUserVars notes what COM_STMT_PREPARE alone does to the user variables that the text assigns: servers give those that are new the type
// of the expression, and MariaDB gives all of them its collation, which shows in results. Other errors than those of syntax come behind that.
func (s *Session) declareUserVars(answer *protocol.ResponseReader) {
	code, _ := answer.Failed()
	if !s.now.info.Flags.Has(digest.UserVarAssign) || code == protocol.ErrCodeParse {
		return
	}
	in := s.worker.pool.Interner()
	if s.now.info.Flags.Has(digest.Partial) {
		s.mine.vars.UserVars = in.UnknownUserVars()
	} else {
		s.mine.vars.UserVars = in.DeclareUserVars(s.mine.vars.UserVars, s.now.text, s.isMariaDB())
	}
	if !sysvar.UserVarsKnown(s.mine.vars.UserVars) && !s.mine.pins.Has(sysvar.UserVar) {
		s.mine.pins |= sysvar.UserVar
		sysvar.UserVar.Each(s.worker.metrics.Pin)
	}
}

// dropPreparing gives up a COM_STMT_PREPARE that brought no statement.
func (s *Session) dropPreparing() {
	if st := s.now.preparing; st != nil {
		s.now.preparing = nil
		s.worker.pool.Statements().Release(st)
	}
}
