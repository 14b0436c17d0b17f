package session

import (
	"parkway/hostgroup/stmt"
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// statement is what is known of the command under way, for the decision who may
// use its connection next.
type statement struct {
	info      digest.Info
	options   digest.Options // that it was read with
	read      bool           // info is of the whole text
	sql       []byte         // a view of the text, while the command is begun
	text      []byte         // a copy, if it is needed when the answer has come
	event     sysvar.Event
	access    digest.AccessMode // of the transaction that it begins
	raw       bool              // it went to the server as it came, without rewrite
	qualified bool              // see qualify

	long    *longText // of which there is more to come; nil: none
	several *several  // see severalOf

	// Of the binary protocol; see prepared.go.
	entry          *stmt.Entry     // that it is about
	slot           stmt.Slot       // where the server has that
	on             *stmt.Prepared  // what obtain has found there, for transmit
	execution      stmt.Execution  // if it is one
	incomplete     bool            // more of it has to be there
	preparing      *stmt.Statement // that is being prepared for the client, until there is an entry
	derivation     stmt.Derivation // reads the answer to that
	saidID, sentID uint32          // if they differ, an error has to name the former
	anchored       bool            // no other connection can have the statement
	loan           loan            // what the connection has of another moment's variables, for an execution
	splice         *stmt.Splice    // that it goes through
	renumber       stmt.Renumber   // that the answer goes through
}

// forgetStatement makes room in s.now for what comes.
func (s *Session) forgetStatement() {
	s.dropPreparing() // of a command that was lost
	s.now = statement{text: s.now.text[:0]}
}

// examine fills in s.now for the command that p begins with.
func (s *Session) examine(p []byte, whole bool) {
	now := &s.now
	s.forgetStatement()
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
		s.refusal = s.mine.statements.Check(len(body) - 1)
	case protocol.ComInitDB:
		now.info = digest.Info{Verb: digest.VerbUse, Flags: digest.UseDB}
	case protocol.ComStmtExecute, protocol.ComStmtBulkExecute, protocol.ComStmtSendLongData,
		protocol.ComStmtFetch, protocol.ComStmtReset, protocol.ComStmtClose:
		s.examineStatement(p, whole)
	case protocol.ComSetOption:
		s.mine.unshareable = true
	}
}

// examined reports whether s.now is of the command under way, which had to wait since it was examined: for a connection, mostly. What it
// notes of other commands than a COM_QUERY has views of their bytes, which have moved; and when one is sent again, it has traces of the
// first time.
func (s *Session) examined(whole bool) bool {
	return s.route.decided && s.now.read && whole && s.command == protocol.ComQuery && !s.retry.again && s.now.options == s.scanOptions()
}

// scan looks at the text of a statement.
func (s *Session) scan(sql []byte, whole bool) {
	now := &s.now
	now.sql = sql
	now.options = s.scanOptions()
	now.info = digest.Scan(sql, now.options)
	now.read = whole
	if !whole { // see longtext.go for the rest
		now.info.Flags &^= digest.Uncertain
		now.info.Flags |= digest.LastInsertIDFn
	}
	// See concludeUnreported.
	unreported := s.roomless(now.info.Class == digest.ClassRead) && !s.isMariaDB()
	if s.scanTrackers(sql) {
		unreported = true
	}
	if unreported && digest.CallsStored(sql, now.options) {
		now.info.Flags |= digest.StoredCall
	}
	// See concludeFound.
	if (now.info.Verb == digest.VerbInsert || now.info.Verb == digest.VerbReplace) && !s.isMariaDB() && digest.InsertsSelected(sql, now.options) {
		now.info.Flags |= digest.InsertSelect
	}
	if now.info.Verb == digest.VerbBegin && !s.isMariaDB() {
		now.access = digest.BeginsWith(sql, now.options)
	}
	if whole && s.later() {
		now.text = append(now.text, sql...)
	}
}

// later reports whether the text of the statement under way is needed when the
// answer has come.
func (s *Session) later() bool {
	const later = digest.UserVarAssign | digest.SetNames | digest.SetSystemVar | digest.MultiStatement
	return s.now.info.Flags&later != 0 || s.mine.objects.Wants(s.now.info.Verb, s.now.info.Flags)
}

// reading is what variables mean for the reading of a text.
type reading struct {
	vars    *sysvar.Set // they were these when it was asked for last
	options digest.Options
}

// scanOptions are what the session's variables mean for the reading of a text.
func (s *Session) scanOptions() digest.Options {
	if r := &s.reading; r.vars != s.mine.vars.Vars {
		*r = reading{vars: s.mine.vars.Vars, options: optionsOf(s.mine.vars.Vars)}
	}
	return s.reading.options
}
