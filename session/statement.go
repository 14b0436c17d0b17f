package session

import (
	"encoding/binary"

	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// statement is what is known of the command under way, for the decision who may
// use its connection next.
type statement struct {
	info    digest.Info
	options digest.Options // that it was read with
	sql     []byte         // a view of the text, while the command is begun
	text    []byte         // a copy, if it is needed when the answer has come
	prepare []byte         // a copy of what is to be prepared, if there are rules
	event   sysvar.Event
	id      uint32 // of the prepared statement that it is about
}

// prepared is a statement of the binary protocol.
type prepared struct {
	info    digest.Info
	options digest.Options
	text    []byte // as statement.text
	sql     []byte // the whole of it, if there were rules when it was prepared
}

// asksInsertID are the statements that need LAST_INSERT_ID() to be right.
const asksInsertID = digest.LastInsertIDFn

// asksPast are the statements that ask what became of the one before.
const asksPast = digest.FoundRowsFn | digest.RowCountFn | digest.LastInsertIDFn | digest.ShowWarnings |
	digest.ConnectionStatus | digest.SequenceLast

// asks reports whether the statement under way asks for what only the
// connection that ran the one before knows.
func (s *Session) asks() bool {
	return s.now.info.Flags&(asksPast|digest.Uncertain|digest.ExecutableComment) != 0
}

// examine fills in s.now for the command that p begins with.
func (s *Session) examine(p []byte, whole bool) {
	now := &s.now
	*now = statement{text: now.text[:0]}
	body := p[protocol.HeaderLen:]
	switch s.command {
	case protocol.ComQuery:
		sql, err := protocol.QueryText(body, s.caps)
		if err != nil {
			sql = body[1:]
		}
		s.scan(sql, whole)
	case protocol.ComStmtPrepare:
		s.scan(body[1:], whole)
		if s.worker.rules() != nil {
			now.prepare = append([]byte(nil), body[1:]...)
		}
	case protocol.ComInitDB:
		now.info = digest.Info{Verb: digest.VerbUse, Flags: digest.UseDB}
	case protocol.ComStmtExecute, protocol.ComStmtBulkExecute, protocol.ComStmtClose:
		if len(body) >= 5 {
			now.id = binary.LittleEndian.Uint32(body[1:])
		}
		if st := s.mine.statements[now.id]; st != nil && s.command != protocol.ComStmtClose {
			now.info, now.options, now.sql = st.info, st.options, st.sql
			now.text = append(now.text, st.text...)
		}
	case protocol.ComSetOption:
		s.mine.unshareable = true
	}
}

// scan looks at the text of a statement.
func (s *Session) scan(sql []byte, whole bool) {
	now := &s.now
	now.sql = sql
	now.options = s.scanOptions()
	now.info = digest.Scan(sql, now.options)
	if !whole {
		// The rest goes by unseen. A long literal is what makes statements long;
		// where a second statement may follow, nothing is taken for granted.
		if !s.caps.Has(protocol.ClientMultiStatements) {
			now.info.Flags &^= digest.Uncertain
		}
	}
	const later = digest.UserVarAssign | digest.SetNames | digest.SetSystemVar
	if now.info.Flags&later != 0 || s.mine.objects.Wants(now.info.Verb, now.info.Flags) {
		now.text = append(now.text, sql...)
	}
}

// scanOptions are what the session's variables mean for the reading of a text.
func (s *Session) scanOptions() (o digest.Options) {
	if s.scanVars == s.mine.vars.Vars {
		return s.scanned
	}
	s.scanVars = s.mine.vars.Vars
	s.scanned = optionsOf(s.scanVars)
	return s.scanned
}
