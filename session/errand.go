package session

import (
	"parkway/hostgroup"
	"parkway/hostgroup/backend"
	"parkway/hostgroup/pool"
	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
	"parkway/scripting/hook"
)

// errandCapabilities are those of the connections that errands are run on: what all servers have, and no more than one statement at a time.
const errandCapabilities = protocol.ClientLongPassword | protocol.ClientLongFlag | protocol.ClientProtocol41 | protocol.ClientTransactions |
	protocol.ClientSecureConnection | protocol.ClientPluginAuth | protocol.ClientMultiResults | protocol.ClientPSMultiResults

// errandCharset is utf8mb4_general_ci, which all servers know.
const errandCharset = 45

// errand is one statement of the script's own on its way: a client of the pool, then the owner of a connection. What it leaves on that is known, or
// the connection is closed.
type errand struct {
	// Immutable.
	worker    *worker
	account   *ErrandAccount
	hostgroup int
	sql       string
	info      digest.Info
	limit     int               // bytes of the answer
	done      chan errandAnswer // has room for one

	// Owned by the loop.
	request pool.Request
	backend *backend.Conn // nil: there is none, or none any more
	answer  []byte        // as far as it came
	said    hook.Summary  // by an OK packet that was taken out of it
	changes bool          // the server has reported a change of the connection's state
	again   bool          // a connection was lost over it already
	over    bool          // it was answered, or nobody waits any more
}

// begin looks for a connection.
func (e *errand) begin() {
	if e.over {
		return
	}
	w := e.worker
	w.errands[e] = struct{}{}
	login, refused := e.login()
	if refused != nil {
		e.refuse(refused)
		return
	}
	e.request.Hostgroup, e.request.Login, e.request.Client = e.hostgroup, login, e
	e.request.Want = backend.Want{
		Session: login.Session, Schema: login.Schema,
		NeedInsertID: e.info.Flags.Has(digest.LastInsertIDFn), // of another session's, otherwise
	}
	if b := w.takeIdle(&e.request, e.reads()); b != nil {
		e.OnBackend(b)
		return
	}
	w.pool.Acquire(&e.request)
}

// login is who the errand is at the server.
func (e *errand) login() (l backend.Login, refused *protocol.ERR) {
	p, in := e.worker.proxy, e.worker.pool.Interner()
	vars, _ := in.Login(errandCharset, p.hostgroups.Greeting().MariaDB)
	l = backend.Login{
		User: e.account.User, Credential: auth.ClearCredential(e.account.Password), Account: e.account,
		Capabilities: errandCapabilities, Charset: errandCharset, Shared: true, Attributes: clientAttributes,
		Session: sysvar.State{Vars: vars, UserVars: in.Empty()},
	}
	if user, known := p.Users().Find(e.account.User); known && e.account.Password == "" {
		l.Schema, l.Account = e.worker.names.of([]byte(user.DefaultSchema)), user
		if l.Credential, known = user.Learned(); !known {
			l.Credential = user.Password.Credential()
		}
		if !l.Credential.Known() {
			return l, protocol.NewERR(protocol.ErrCodeAccessDenied,
				"parkway: the password of '%s' is known as a hash only: sql() needs scripting.sql_password", user.Name)
		}
	}
	return l, nil
}

// holdsErrands reports whether a login is one of the errands' own account, and that is still theirs. Any thread.
func (p *Proxy) holdsErrands(l *backend.Login) bool {
	a, ok := l.Account.(*ErrandAccount)
	return ok && *a == *p.errands.account.Load()
}

// reads reports whether the statement may be sent twice.
func (e *errand) reads() bool { return harmless(protocol.ComQuery, true, &e.info) }

// OnBackend takes a connection and brings it to the state that the statement needs.
func (e *errand) OnBackend(b *backend.Conn) {
	e.backend = b
	b.SetOwner(e)
	if b.Sync(&e.request.Want) {
		e.OnBackendReady(b)
	}
}

// OnBackendReady sends the statement.
func (e *errand) OnBackendReady(b *backend.Conn) {
	buf, start := protocol.BeginPacket(make([]byte, 0, protocol.HeaderLen+1+len(e.sql)))
	buf = protocol.EndPacket(append(protocol.AppendQueryHead(buf, errandCapabilities), e.sql...), start, 0)
	b.Begin(protocol.ComQuery, 1)
	e.worker.metrics.ServerOut(len(buf))
	b.Send(buf)
}

// OnNoBackend ends it with the reason why there is no connection.
func (e *errand) OnNoBackend(reason *protocol.ERR) { e.refuse(reason) }

// OnSyncFailed ends it with what the server said to the state that the connection was to have.
func (e *errand) OnSyncFailed(b *backend.Conn, reason *protocol.ERR) {
	e.backend = nil
	e.worker.pool.Discard(b)
	e.refuse(reason)
}

// OnAnswer keeps the next bytes of the answer.
func (e *errand) OnAnswer(b *backend.Conn, chunk []byte, progress protocol.Progress) {
	e.worker.metrics.ServerIn(len(chunk))
	switch {
	case len(e.answer)+len(chunk) > e.limit:
		e.end(errandAnswer{refused: refusedErrand("the result is larger than %d bytes", e.limit)})
	case b.Answer().Found() > MaxErrandRows:
		e.end(errandAnswer{refused: refusedErrand("the result has more than %d rows", MaxErrandRows)})
	case progress == protocol.Infile:
		e.end(errandAnswer{refused: refusedErrand("the statement asks for a file")})
	default:
		e.answer = append(e.answer, chunk...)
		if progress == protocol.Done {
			e.conclude()
		}
	}
}

// OnOK takes an OK packet of the answer that says more than its status.
func (e *errand) OnOK(_ *backend.Conn, ok *protocol.OK, _ byte, progress protocol.Progress) {
	e.worker.metrics.ServerIn(protocol.HeaderLen)
	e.changes = e.changes || len(ok.StateChanges) > 0
	e.said = summarized(ok)
	if progress == protocol.Done {
		e.conclude()
	}
}

// OnBackendWritable has nothing to wait for: the statement is with the connection.
func (e *errand) OnBackendWritable(*backend.Conn) {}

// OnBackendClosed sends a read again that was lost before its answer began, once.
func (e *errand) OnBackendClosed(b *backend.Conn, err *backend.Error) {
	e.backend = nil
	if e.reads() && !e.again && !b.Answer().Started() {
		e.again = true
		e.begin()
		return
	}
	e.refuse(err.Packet(protocol.ErrCodeNetRead))
}

// conclude hands the answer over, and gives the connection back.
func (e *errand) conclude() {
	b := e.backend
	e.backend = nil
	e.worker.observeRefusal(b)
	if e.leavesNothing(b) {
		have := b.Have()
		have.InsertID = backend.InsertIDUnknown
		_, failed := b.Answer().Failed()
		have.Diagnostics = failed || b.Answer().Warnings() > 0
		b.SetHave(have)
		e.worker.pool.Put(b)
	} else {
		e.worker.pool.Discard(b)
	}
	e.end(errandAnswer{packets: e.answer, said: e.said})
}

// leavesNothing reports whether the connection is after the statement as before, but for what can be asked about that.
func (e *errand) leavesNothing(b *backend.Conn) bool {
	answer, have := b.Answer(), b.Have()
	event := sysvar.Event{
		Verb: e.info.Verb, Flags: e.info.Flags, Status: answer.Status(), Tracked: have.Tells(),
		MariaDB: e.worker.proxy.hostgroups.Greeting().MariaDB, Rows: answer.Rows(), Warnings: answer.Warnings(), InsertID: answer.InsertID(),
	}
	event.Code, event.Failed = answer.Failed()
	const unasked = sysvar.FoundRows | sysvar.RowCount | sysvar.InsertID | sysvar.Warnings // nobody does
	pins, _ := sysvar.After(0, event)
	if e.changes || !event.Tracked || pins&^unasked != 0 {
		return false
	}
	switch event.Verb {
	case digest.VerbInsert, digest.VerbReplace, digest.VerbUpdate, digest.VerbDelete, digest.VerbShow:
		return e.info.Statements == 1
	case digest.VerbSelect: // the packet that ends rows has no room for what a stored function changes
		const told = digest.UserVarAssign | digest.SetVarHint | digest.Uncertain | digest.ExecutableComment
		return e.info.Statements == 1 && e.info.Flags&told == 0 && !digest.CallsStored([]byte(e.sql), 0)
	}
	return false
}

// leaveErrands ends the errands at servers that are not to be used any more. What runs on one that is OFFLINE_SOFT, or
// has left its hostgroup, may end.
func (w *worker) leaveErrands() {
	table := w.proxy.hostgroups.Table()
	for e := range w.errands {
		switch b := e.backend; {
		case b == nil:
		case table.StatusOf(b.Server()) == hostgroup.OfflineHard:
			e.refuse(taken(b))
		case b.Server().Silent() != "":
			b.Fail(silent(b))
		}
	}
}

// giveUp is called when nobody waits any more.
func (e *errand) giveUp() { e.end(errandAnswer{}) }

// refuse ends it with an error.
func (e *errand) refuse(reason *protocol.ERR) {
	e.end(errandAnswer{refused: &hook.Rejection{Code: reason.Code, State: reason.State, Message: reason.Message}})
}

// end hands over how it ended, and lets go of what it has: what the server still does for it is killed.
func (e *errand) end(a errandAnswer) {
	if e.over {
		return
	}
	e.over = true
	delete(e.worker.errands, e)
	e.done <- a
	b := e.backend
	if b == nil {
		e.worker.pool.Cancel(&e.request)
		return
	}
	e.backend = nil
	if b.Busy() {
		task := killTaskOf(b)
		task.Connection = true
		e.worker.kill(task, nil)
	}
	e.worker.pool.Discard(b)
}
