package session

import (
	"fmt"
	"strings"

	"parkway/hostgroup/stmt"
	"parkway/protocol"
	"parkway/protocol/sysvar"
)

// What of a command and its answer does not pass as it came, where connections are shared: the ids of prepared statements, the types of their
// parameters, and the texts that rewrite changes.

// transmit sends the first bytes of a command, or all of it, to a connection
// that has the statement that it is about.
func (s *Session) transmit(p []byte, whole bool) {
	// What obtain has found was used last, and stays.
	if closes := s.server().AppendCloses(s.worker.scratch[:0], s.mine.statements); len(closes) > 0 {
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
		s.transmitAbout(p, id, s.now.on)
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
		now.saidID, now.sentID = id, s.server().Unused(id, s.mine.pins.Has(sysvar.PreparedText))
		stmt.PatchID(p, now.sentID)
		s.upload(p)
	case executes(s.command):
		s.uploadLongData(on)
		s.execute(p, on)
	case s.command == protocol.ComStmtSendLongData:
		s.uploadLongData(on)
		stmt.PatchID(p, on.ID)
		s.upload(p)
	default:
		if s.command == protocol.ComStmtFetch && now.entry.Held()&stmt.HoldCursor == 0 {
			now.saidID, now.sentID = id, on.ID
		}
		stmt.PatchID(p, on.ID)
		s.upload(p)
	}
}

// uploadLongData sends what was kept for the statement under way.
func (s *Session) uploadLongData(on *stmt.Prepared) {
	if kept := s.now.entry.KeptLongData(on.ID); len(kept) > 0 {
		s.upload(kept)
	}
}

// executes reports whether a command executes a prepared statement.
func executes(c protocol.Command) bool {
	return c == protocol.ComStmtExecute || c == protocol.ComStmtBulkExecute
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
	s.now.derivation.Read(chunk, s.caps)
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
