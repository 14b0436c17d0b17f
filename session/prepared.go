package session

import (
	"fmt"
	"strings"

	"parkway/hostgroup/backend"
	"parkway/hostgroup/stmt"
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// Prepared statements of the binary protocol, of sessions that share
// connections: the client has ids of its own, and a connection that lacks a
// statement prepares it first. Package stmt says which calls a command makes.
// Sessions that share nothing use none of this: ids pass as they are.

// What one client may have open: as many statements as a server allows all of
// its clients by default, and so many bytes of text.
const (
	maxStatements    = 16382
	maxStatementText = 16 << 20
)

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
	now.execution, s.refusal = now.entry.Read(p, whole, s.caps)
	now.incomplete = now.execution.Need > 0
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
// under way is about.
func (s *Session) lacks() bool {
	return s.backend.Lacks(s.now.slot)
}

// equip has the connection prepare the statement under way, in the context
// that the client prepared it in. The command waits.
func (s *Session) equip() {
	st := s.now.slot.Statement
	s.await()
	want := s.inContext(st)
	if s.backend.Sync(&want) {
		s.backend.Prepare(s.now.slot, s.worker.proxy.settings.Load().DefaultQueryTimeout)
	}
}

// notPrepared answers the command that waited with what the server said to its
// statement.
func (s *Session) notPrepared(reason *protocol.ERR) {
	s.mine.pins |= sysvar.Warnings
	s.share()
	if s.command == protocol.ComStmtFetch { // of a statement without a cursor, which a server would say first
		text := fmt.Sprintf("The statement (%d) has no open cursor", s.now.entry.ID)
		if !s.isMariaDB() {
			text += "."
		}
		reason = &protocol.ERR{Code: protocol.ErrCodeNoOpenCursor, State: "HY000", Message: text}
	}
	s.OnNoBackend(reason)
}

// transmit sends the first bytes of a command, or all of it, to a connection
// that has the statement that it is about.
func (s *Session) transmit(p []byte, whole bool) {
	now := &s.now
	server := s.backend.Statements()
	var on *stmt.Prepared
	if now.slot.Statement != nil {
		on = server.Find(now.slot)
	}
	// After Find, so that on is not what was used least recently.
	if closes := server.AppendCloses(s.worker.scratch[:0], s.mine.statements); len(closes) > 0 {
		s.worker.scratch = closes
		s.upload(closes)
	}
	switch {
	case s.command == protocol.ComStmtPrepare:
		s.beginPrepare(p[protocol.HeaderLen+1:], whole)
		s.upload(p)
	case aboutStatement(s.command):
		id, ok := stmt.ReadID(p)
		if !ok {
			s.upload(p)
			return
		}
		s.transmitAbout(p, id, on)
		stmt.PatchID(p, id) // p may be sent again, to another server
	case whole:
		s.upload(s.rewrite(p))
	default:
		s.now.raw = true
		s.upload(p)
	}
}

// aboutStatement reports whether a command is about a prepared statement.
func aboutStatement(c protocol.Command) bool {
	switch c {
	case protocol.ComStmtExecute, protocol.ComStmtBulkExecute, protocol.ComStmtSendLongData, protocol.ComStmtFetch, protocol.ComStmtReset:
		return true
	}
	return false
}

// transmitAbout sends a command about a statement, which the client knows by id. on is nil
// if there is none.
func (s *Session) transmitAbout(p []byte, id uint32, on *stmt.Prepared) {
	now := &s.now
	switch {
	case on == nil:
		now.saidID, now.sentID = id, s.server().Unused(id)
		stmt.PatchID(p, now.sentID)
		s.upload(p)
	case s.command == protocol.ComStmtExecute || s.command == protocol.ComStmtBulkExecute:
		s.execute(p, on)
	default:
		if s.command == protocol.ComStmtFetch && now.entry.Held()&stmt.HoldCursor == 0 {
			now.saidID, now.sentID = id, on.ID
		}
		stmt.PatchID(p, on.ID)
		s.upload(p)
	}
}

// execute sends the first bytes of an execution.
func (s *Session) execute(p []byte, on *stmt.Prepared) {
	switch patch := s.worker.patcher.Patch(p, s.now.execution, on); {
	case patch.Splice != nil:
		s.now.splice = patch.Splice
		s.uploadMore(p)
		s.backend.Answer().Expect(s.message.NextSeq() + s.now.renumber.By)
	case patch.Head != nil:
		s.upload(patch.Head)
		s.upload(p[patch.Skip:])
	default:
		s.upload(p)
	}
}

// uploadMore passes on more of a command.
func (s *Session) uploadMore(p []byte) {
	if s.now.splice == nil {
		s.upload(p)
		return
	}
	if s.now.splice.Pass(p, s.upload) {
		s.now.renumber.By = s.now.splice.Extra()
	}
}

// adapt changes what of an answer is not for the client as the server wrote it:
// in place, or in the worker's scratch buffer.
func (s *Session) adapt(chunk []byte) []byte {
	if s.now.preparing != nil {
		s.openStatement(chunk)
	}
	if s.now.sentID != s.now.saidID {
		chunk = s.reword(chunk)
	}
	if s.now.renumber.By > 0 {
		s.now.renumber.Pass(chunk)
	}
	return chunk
}

// reword makes an error that names the statement by the server's id, that there is
// none or that it has no cursor, name it by the client's.
func (s *Session) reword(chunk []byte) []byte {
	var said protocol.ERR
	if len(chunk) < protocol.HeaderLen || said.Decode(chunk[protocol.HeaderLen:]) != nil {
		return chunk
	}
	said.Message = strings.Replace(said.Message, fmt.Sprintf("(%d)", s.now.sentID), fmt.Sprintf("(%d)", s.now.saidID), 1)
	buf, start := protocol.BeginPacket(s.worker.scratch[:0])
	s.worker.scratch = protocol.EndPacket(said.Append(buf), start, chunk[3])
	return s.worker.scratch
}

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
	s.now.preparing, s.now.anchored = st, !whole
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
}

// concludeStatement notes what a command about a statement has brought about.
func (s *Session) concludeStatement(answer *protocol.ResponseReader) {
	now := &s.now
	_, failed := answer.Failed()
	if s.command == protocol.ComStmtPrepare {
		s.concludePrepare(answer, failed)
		return
	}
	if failed && aboutStatement(s.command) {
		s.mine.pins |= sysvar.Warnings
		s.note()
	}
	if now.entry == nil {
		return
	}
	status := answer.Status()
	switch s.command {
	case protocol.ComStmtExecute, protocol.ComStmtBulkExecute:
		if on := s.server().Find(now.slot); on != nil && failed {
			on.Forget()
		}
		s.mine.statements.Executed(now.entry, s.server(), status&protocol.StatusCursorExists != 0, failed)
	case protocol.ComStmtFetch:
		s.mine.statements.Fetched(now.entry, failed || status&protocol.StatusLastRowSent != 0)
	case protocol.ComStmtReset:
		s.mine.statements.Reset(now.entry, s.server())
	}
	s.holdStatements()
}

// concludePrepare notes how COM_STMT_PREPARE ended.
func (s *Session) concludePrepare(answer *protocol.ResponseReader, failed bool) {
	s.dropPreparing()
	s.declareUserVars(answer)
	if failed {
		s.mine.statements.Fail()
		s.mine.pins |= sysvar.Warnings
		s.note()
		return
	}
	head := answer.Prepared()
	if s.now.entry != nil {
		s.now.entry.Statement.Prepared(head)
	}
	if head.Warnings > 0 {
		s.mine.pins |= sysvar.Warnings
	}
	s.note()
}

// declareUserVars notes the user variables that come to be with COM_STMT_PREPARE alone: servers give each that the text assigns the type of
// the expression, which shows in results, if it was not there yet. Other errors than those of syntax come behind that.
func (s *Session) declareUserVars(answer *protocol.ResponseReader) {
	code, _ := answer.Failed()
	if !s.now.info.Flags.Has(digest.UserVarAssign) || code == protocol.ErrCodeParse {
		return
	}
	s.mine.vars.UserVars = s.worker.pool.Interner().DeclareUserVars(s.mine.vars.UserVars, s.now.text)
	if !sysvar.UserVarsKnown(s.mine.vars.UserVars) && !s.mine.pins.Has(sysvar.UserVar) {
		s.mine.pins |= sysvar.UserVar
		sysvar.UserVar.Each(s.worker.metrics.Pin)
	}
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

// dropPreparing gives up a COM_STMT_PREPARE that brought no statement.
func (s *Session) dropPreparing() {
	if st := s.now.preparing; st != nil {
		s.now.preparing = nil
		s.worker.pool.Statements().Release(st)
	}
}

// sendLongData is COM_STMT_SEND_LONG_DATA, which has no answer.
func (s *Session) sendLongData(p []byte, whole bool) int {
	if !s.sharing() {
		return s.forwardSilent(p, whole)
	}
	if b := s.backend; b != nil && !b.Idle() {
		return s.onEarly(p)
	}
	s.examine(p, whole)
	if s.now.entry == nil || s.now.entry.Refusal != nil {
		return s.swallow(p, whole)
	}
	if s.decide(s.worker.rules()); !s.place() || !s.obtain() {
		return 0
	}
	s.transmit(p, whole)
	s.mine.statements.SentLongData(s.now.entry)
	s.holdStatements()
	if !whole {
		s.setState(trailing)
	} else {
		s.settle()
	}
	return len(p)
}

// refuseLater keeps the reason why COM_STMT_SEND_LONG_DATA failed for the
// execution.
func (s *Session) refuseLater(reason *protocol.ERR) {
	if e := s.now.entry; e != nil && reason != nil {
		e.Refusal = reason
	}
}

// resetStatement is COM_STMT_RESET.
func (s *Session) resetStatement(p []byte, whole bool) int {
	if !s.sharing() {
		return s.forward(p, whole)
	}
	s.examine(p, whole)
	// Where there is a server that has the statement it is done there too: it changes what ROW_COUNT() says.
	switch e := s.now.entry; {
	case e == nil || s.server().Has(s.now.slot):
		return s.forward(p, whole)
	case !whole:
		s.refusal = protocol.NewERR(protocol.ErrCodeMalformedPacket, "parkway: Malformed communication packet")
		return s.refuse(p, whole)
	default:
		s.mine.statements.Reset(e, s.server())
	}
	s.holdStatements()
	s.mine.past.rowCount = 0
	s.share()
	s.writeOK(s.message.NextSeq())
	s.settle()
	return len(p)
}

// closeStatement is COM_STMT_CLOSE, which has no answer.
func (s *Session) closeStatement(p []byte, whole bool) int {
	if !s.sharing() {
		return s.forwardSilent(p, whole)
	}
	s.examine(p, whole)
	if e := s.now.entry; e != nil {
		s.now.entry = nil
		s.mine.statements.Close(e, s.server())
		s.holdStatements()
		s.share()
	}
	return s.swallow(p, whole)
}

// swallow passes over a command without an answer that nothing is sent for.
func (s *Session) swallow(p []byte, whole bool) int {
	if !whole {
		s.setState(discarding)
		s.watch()
		return len(p)
	}
	s.settle()
	return len(p)
}
