package session

import (
	"parkway/hostgroup"
	"parkway/hostgroup/backend"
	"parkway/protocol"
	"parkway/protocol/digest"
)

// A primary that has just been made read-only refuses writes before anybody knows
// that it is none any more. Outside of a transaction such a statement has changed
// nothing, so that it can wait for the next primary like those that come behind it:
// the client is not told, the monitor asks the server for its read_only at once,
// and when the answer is there the statement is sent to the writer of that moment.

// doubt is a server's refusal to write, of which the client was not told.
type doubt struct {
	server *hostgroup.Server
	looks  uint32        // Server.Looks at that time
	said   *protocol.ERR // the server's words
	since  int64         // loop time of the first refusal
	times  int           // that the command was refused
}

// maxRefusals is how often one command may be refused before the client is told.
// The first answer about read_only may be from before the server became
// read-only; the question behind the second refusal was asked later.
const maxRefusals = 2

// redirectable are the flags that a statement may have and still be sent to
// another server after one has refused to write: it has not begun to do anything.
const redirectable = repeatable | digest.ImplicitCommit | digest.DropTemporary | digest.InsertSelect | digest.LastInsertIDSet

// unexecuted reports whether a command, outside of a transaction, has changed
// nothing when a server refuses it because that is read-only: a single statement,
// as a text or prepared, that servers either carry out as a whole or undo. Of
// routines, and of the rows of a COM_STMT_BULK_EXECUTE, some part may have been
// committed before.
func unexecuted(cmd protocol.Command, whole bool, info *digest.Info) bool {
	switch {
	case !whole, cmd != protocol.ComQuery && cmd != protocol.ComStmtExecute:
		return false
	case info.Statements != 1 || info.Flags&^redirectable != 0:
		return false
	}
	switch info.Verb {
	case digest.VerbInsert, digest.VerbReplace, digest.VerbUpdate, digest.VerbDelete, digest.VerbLoad,
		digest.VerbCreate, digest.VerbDrop, digest.VerbAlter, digest.VerbTruncate, digest.VerbRename,
		digest.VerbGrant, digest.VerbRevoke:
		return true
	}
	return false
}

// redirects reports whether the command that is about to be sent goes to another
// server if its own refuses to write: where the monitor moves writers, and if the
// session can leave its connection.
func (s *Session) redirects(whole bool) bool {
	if !unexecuted(s.command, whole, &s.now.info) || !s.sharing() || s.heldBy(^passing) ||
		!outside(s.backend.Answer().Status(), s.mine.pins) {
		return false
	}
	server := s.backend.Server()
	h := s.worker.proxy.hostgroups.Table().Hostgroup(server.Hostgroup())
	return h != nil && h.Writers() && server.Looks() > 0
}

// readOnlyRefusal returns the answer to the command under way, of which chunk is the
// end, if that is nothing but the server's refusal to write and the client is not
// to be told; else nil.
func (s *Session) readOnlyRefusal(chunk []byte) *protocol.ERR {
	if !s.backend.Answer().ReadOnly() {
		return nil
	}
	if s.state != answering || s.beingCut() || s.worker.proxy.draining.Load() {
		return nil
	}
	if d := s.retry.doubt; d != nil && d.times == maxRefusals {
		return nil
	}
	length, seq := protocol.Header(chunk)
	said := new(protocol.ERR)
	if seq != s.message.NextSeq()+s.now.renumber.By || protocol.HeaderLen+length != len(chunk) || said.Decode(chunk[protocol.HeaderLen:]) != nil {
		return nil
	}
	return said
}

// observeRefusal has the server of b asked for its read_only, if the answer that b
// has had is a refusal to write.
func (w *worker) observeRefusal(b *backend.Conn) {
	if b.Answer().ReadOnly() {
		w.proxy.hostgroups.Observe(b.Server(), hostgroup.Observation{Event: hostgroup.WriteRefused})
	}
}

// withhold begins to wait for the monitor's word on the server that has refused the
// command under way. The connection is left.
func (s *Session) withhold(said *protocol.ERR) {
	server := s.backend.Server()
	s.status = s.backend.Answer().Status()
	if s.retry.doubt == nil {
		s.retry.doubt = &doubt{since: s.worker.loop.Now()}
	}
	d := s.retry.doubt
	d.server, d.looks, d.said = server, server.Looks(), said
	d.times++
	s.worker.metrics.Retry(retryWriter)
	s.worker.proxy.noise.Info().Uint32("session", s.id).Str("client", s.conn.RemoteString()).Stringer("server", server).Err(said).
		Msg("statement waits for a writer: its server has refused it")
	s.worker.proxy.hostgroups.Observe(server, hostgroup.Observation{Event: hostgroup.WriteRefused})
	if e := s.now.entry; e != nil {
		s.mine.statements.Refused(e, s.server())
	}
	s.setState(doubtful)
	s.warn() // on the connection, of nobody
	s.note()
	if !s.askPast() {
		s.reconsider()
	}
}

// reconsider sends a command that is doubtful again, if the monitor has looked at the
// server that has refused it or that is no writer any more, or tells the client of
// the refusal when that takes too long.
func (s *Session) reconsider() {
	if s.state != doubtful {
		return
	}
	if b := s.backend; b != nil {
		if !b.Idle() {
			return // asked follows, or OnBackendClosed.
		}
		s.mine.pins = 0
		s.release()
	}
	d := s.retry.doubt
	switch {
	case d.server.Looks() != d.looks, s.worker.proxy.hostgroups.Table().StatusOf(d.server) != hostgroup.Online:
		s.setState(ready)
		s.retry.again, s.request.Since = true, d.since
		s.goOn()
	case s.worker.loop.Now() >= s.doubtEnd():
		s.endDoubt(d.said)
	default:
		s.watch()
	}
}

// doubtEnd is the loop time at which the client is told all the same.
func (s *Session) doubtEnd() int64 {
	return s.retry.doubt.since + int64(s.worker.proxy.settings.Load().ConnectTimeoutServerMax)
}

// endDoubt answers a command that is doubtful with an error.
func (s *Session) endDoubt(reason *protocol.ERR) {
	if e := s.now.entry; e != nil {
		s.mine.statements.DropLongData(e)
	}
	s.fail(s.message.NextSeq(), reason)
}
