package session

import (
	"parkway/hostgroup/backend"
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// OnOK takes in what the server says about the session's state, and writes the
// packet as the client expects it.
func (s *Session) OnOK(_ *backend.Conn, ok *protocol.OK, seq byte, progress protocol.Progress) {
	if s.state == injecting {
		s.worker.metrics.ServerIn(protocol.HeaderLen)
		s.onInjectedOK(ok, progress)
		return
	}
	s.trackAnswer(ok)
	s.tell(ok)
	buf, start := protocol.BeginPacket(s.worker.scratch[:0])
	buf = protocol.EndPacket(ok.Append(buf, s.caps), start, seq-s.now.renumber.By)
	s.worker.scratch = buf
	s.worker.metrics.ServerIn(len(buf))
	if o := s.observation(); o != nil {
		o.said = append(o.said[:0], buf...) // rows that are shown before it take the scratch buffer
		s.observe(o.said)
	} else {
		s.send(buf)
	}
	if progress == protocol.Done && s.state != closing {
		s.answered()
	}
}

// track notes the changes that an OK packet reports, in s.mine and in e, which has the flags of the statement.
func (s *Session) track(ok *protocol.OK, e *sysvar.Event) {
	in := s.worker.pool.Interner()
	for it := protocol.NewStateChanges(ok.StateChanges); it.Next(); {
		switch c := it.Change(); c.Type {
		case protocol.TrackSchema:
			e.Schema = true
			if !s.executesElsewhere() || e.Flags.Has(digest.UseDB) { // else the session is where it was when all is done, whatever is reported halfway
				s.mine.schema = s.worker.names.of(c.Value)
			}
		case protocol.TrackStateChange:
			e.StateChanged = true
		case protocol.TrackSystemVariables:
			if e.Flags&sysvar.Passing != 0 {
				continue
			}
			vars, t := in.Report(s.mine.vars.Vars, c.Name, c.Value)
			s.mine.vars.Vars = vars
			e.Characteristics = e.Characteristics || sysvar.IsCharacteristic(c.Name)
			switch t {
			case sysvar.Copied:
				e.Copied = true
			case sysvar.Pinned:
				e.PinVariable = true
			case sysvar.Tracker:
				e.Trackers = true
			}
		}
	}
	if e.Copied {
		s.mine.vars.Vars = in.Complete(s.mine.vars.Vars, ok.StateChanges)
	}
}

// conclude decides what the statement that has just been answered means for its
// connection.
func (s *Session) conclude() {
	answer := s.backend.Answer()
	s.unprepared = nil
	s.cutLong()
	s.concludeScript()
	s.concludeStatement(answer)
	if s.command != protocol.ComStmtPrepare {
		s.concludePast(answer)
	}
	s.concludeAhead()
	switch s.command {
	case protocol.ComStmtExecute, protocol.ComStmtBulkExecute, protocol.ComQuery, protocol.ComInitDB:
		s.concludeEvent(answer)
		s.concludePins()
		s.note()
	}
}

// concludeEvent completes s.now.event, which has what the OK packets have reported, and notes what the text has assigned.
func (s *Session) concludeEvent(answer *protocol.ResponseReader) {
	now := &s.now
	e := &now.event
	e.Verb, e.Flags = now.info.Verb, now.info.Flags
	e.Code, e.Failed = answer.Failed()
	e.Status = answer.Status()
	have := s.backend.Have()
	e.Tracked = have.Tells()
	e.MariaDB = s.isMariaDB()
	e.Rows, e.Warnings, e.InsertID = answer.Rows(), s.warningsOf(answer), answer.InsertID()
	s.suspect(e)
	if s.command == protocol.ComInitDB && !e.Failed && !e.Schema {
		e.Schema = true
	}
	s.concludeUnreported(e)
	e.PinVariable = e.PinVariable || s.mayRelease(e)
	e.Unreported = e.Unreported || have.Bare && e.Flags.Has(digest.StoredCall)
	s.concludeText(e)
	e.MultiplexOff = s.multiplexOff()
	s.mine.ended = e.Failed && (s.mine.ended || endsUnsaid(e))
	switch {
	case e.Failed:
		now.access = digest.AccessUnsaid
	case now.access != digest.AccessUnsaid:
		s.mine.access = now.access
	}
}

// endsUnsaid reports whether a statement that has failed has ended the transaction before, with an answer that has no room to say so: servers commit
// before they look whether such a statement can be carried out, or is allowed.
func endsUnsaid(e *sysvar.Event) bool {
	return e.Flags.Has(digest.ImplicitCommit) && e.Flags&unseen == 0 && e.Code != protocol.ErrCodeParse
}

// concludePins decides which pins hold after the statement whose event is complete.
func (s *Session) concludePins() {
	e, before := &s.now.event, s.mine.pins
	var changes sysvar.Changes
	s.mine.pins, changes = sysvar.After(before&^sysvar.InsertID, *e)
	if changes.Added.Has(sysvar.InsertID) {
		s.concludeInsertID(e, before)
	}
	s.mine.pins |= before & sysvar.InsertID
	changes.Added &^= before & sysvar.InsertID
	opened := s.command == protocol.ComStmtExecute && e.Status&protocol.StatusCursorExists != 0 // rows that COM_STMT_FETCH will bring
	if opened || s.showsDiagnostics() && !e.Failed && s.foreign&foundRows == 0 {
		s.mine.pins |= sysvar.FoundRows
	}
	if s.mine.pins&sysvar.FoundRows != 0 {
		s.foreign &^= foundRows
	}
	if s.overlooks() {
		s.mine.pins &^= changes.Added & sysvar.Variable
	}
	if changes.Added.Has(sysvar.InTransaction) {
		s.mine.began = s.worker.loop.Now()
	}
	if !s.mine.asksRows {
		s.mine.pins &^= sysvar.RowCount // past.rowCount says it
		changes.Added &^= sysvar.RowCount
	}
	if e.Warnings > 0 || e.Failed || changes.Added&^askable != 0 {
		s.mine.stirred = s.worker.loop.Now()
	}
	changes.Added.Each(s.worker.metrics.Pin)
}

// concludeUnreported is for what a server does not report with the statement. A result set that ends in an EOF packet has no room: MariaDB
// sets a flag in it if there would be a report, and reports less of it later; MySQL reports it all with the next OK packet. A SET that failed
// may have carried out its other assignments.
func (s *Session) concludeUnreported(e *sysvar.Event) {
	roomless := s.roomless(e.Rows)
	switch {
	case !e.Tracked:
	case e.Failed && e.Flags.Has(digest.SetSystemVar):
		e.Unreported = e.Ran()
		s.mine.untold = s.qualifiedVars()
	case !s.isMariaDB() && roomless:
		e.Unreported = e.Flags.Has(digest.StoredCall)
	case roomless:
		e.StateChanged = e.StateChanged || s.backend.Answer().Unsaid()
	}
}

// roomless reports whether an answer, with rows or without, has no room for the server's reports: rows end in an EOF packet
// then.
func (s *Session) roomless(rows bool) bool { return rows && !s.caps.Has(protocol.ClientDeprecateEOF) }

// concludeText looks at the text again, now that its outcome is known.
func (s *Session) concludeText(e *sysvar.Event) {
	now := &s.now
	if now.info.Flags.Has(digest.Partial) {
		s.concludeLong(e)
		return
	}
	if len(now.text) == 0 {
		e.UserVarsUnknown = s.mine.pins&sysvar.UserVar != 0
		return
	}
	if !s.concludeSeveral() {
		s.concludeAssignments(e, now.text, s.reading.vars)
		e.Unreported = e.Unreported || s.mayCallAmong(e)
	}
	e.UserVarsUnknown = !sysvar.UserVarsKnown(s.mine.vars.UserVars)
	s.noteObjects(e, now.text)
}

// mayCallAmong reports whether one of several statements, whose results cannot be told apart, may have called a stored function in a result set without
// room for what MySQL reports.
func (s *Session) mayCallAmong(e *sysvar.Event) bool {
	return s.roomless(e.Rows) && !s.isMariaDB() && e.Flags.Has(digest.MultiStatement) && digest.CallsStored(s.now.text, s.now.options)
}

// concludeAssignments notes what a statement has assigned, whose text is sql: what trackers don't say. before are the session's variables when it was
// sent. It goes by the verb, the flags and the outcome in e, and sets what else e is to say of it.
func (s *Session) concludeAssignments(e *sysvar.Event, sql []byte, before *sysvar.Set) {
	now, in := &s.now, s.worker.pool.Interner()
	if e.Flags&digest.SetNames != 0 && !e.Failed {
		switch collation, ok := sysvar.NamesCollation(sql, now.options); {
		case !ok:
			e.PinVariable, s.mine.unsure = true, true
		case collation != nil:
			s.mine.vars.Vars = in.WithNames(s.mine.vars.Vars, collation)
		}
	}
	// A statement that is refused after its text was read makes the variables all the same, without values (MySQL).
	if e.Flags&digest.UserVarAssign != 0 && (e.Ran() || e.Code != protocol.ErrCodeParse) {
		vars := in.AssignUserVars(s.mine.vars.UserVars, sql, now.options, before, s.mine.vars.Vars, !e.Failed)
		if !s.overlooks() || sysvar.UserVarsKnown(vars) {
			s.mine.vars.UserVars = vars
		}
	}
	if e.Flags.Has(digest.PrepareStmt) && (e.Ran() || e.Code != protocol.ErrCodeParse) {
		s.mine.vars.UserVars = in.PrepareUserVars(s.mine.vars.UserVars, sql)
	}
	if e.Flags&digest.SetSystemVar != 0 && e.Ran() {
		e.Trackers = e.Trackers || e.Flags.Has(digest.TrackersVar)
		e.Tracked = e.Tracked || e.Trackers // which pins for all that is not reported
		if now.raw && s.isMariaDB() && setsUnreported(sql, now.options) {
			e.PinVariable = true
		}
	}
}

// noteObjects notes what a statement, whose text is sql, makes or ends that has a name.
func (s *Session) noteObjects(e *sysvar.Event, sql []byte) {
	info := &s.now.info
	if !s.mine.objects.Wants(info.Verb, info.Flags) || !e.Ran() {
		return
	}
	if s.mine.objects == nil {
		s.mine.objects = new(sysvar.Objects)
	}
	e.Gone = s.mine.objects.Note(sql, info.Verb, info.Flags, s.mine.schema, e.Failed)
}
