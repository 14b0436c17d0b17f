package session

import (
	"parkway/hostgroup"
	"parkway/hostgroup/backend"
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// A session has one connection at hand, the one of its last command. Others
// may be set aside, at most one in each hostgroup: those that are not shared,
// because of `multiplexing = false` or a rule with multiplex = 0, and those
// with an open transaction of a user without transaction_persistent.

// passing are the pins that hold nothing which a statement could need on the
// connection, but for what can be asked about the last one.
const passing = sysvar.Transient | sysvar.MultiplexOff

// aside is a connection that a session holds beside the one at hand, and the
// place of one.
type aside struct {
	session   *Session
	hostgroup int
	backend   *backend.Conn // nil: only the place
	pins      sysvar.Pins
	objects   *sysvar.Objects
	inTrans   bool
	began     int64 // loop time of its transaction's begin
}

// keeps reports whether the session keeps its connections between statements
// though nothing pins them: not to a server that everybody leaves (OFFLINE_SOFT).
func (s *Session) keeps() bool {
	off := s.mine.pins&sysvar.MultiplexOff != 0 || !s.worker.proxy.settings.Load().Multiplexing
	return off && (s.backend == nil || s.worker.proxy.hostgroups.Table().StatusOf(s.backend.Server()) != hostgroup.OfflineSoft)
}

// moveTo makes the connection at hand the one that the session has in a
// hostgroup; none if it has none there.
func (s *Session) moveTo(hostgroup int) {
	if s.backend != nil {
		if s.request.Hostgroup == hostgroup {
			return
		}
		s.setAside()
	}
	s.request.Hostgroup = hostgroup
	for _, a := range s.asides {
		if a.hostgroup == hostgroup && a.backend != nil {
			if !s.lostUnseen(a) {
				s.takeUp(a)
			}
			return
		}
	}
}

// lostUnseen reports whether a connection that was set aside turned out to be
// lost, with nothing of the session on it: another takes its place. As with
// those from the pool, statements that may run twice do not look.
func (s *Session) lostUnseen(a *aside) bool {
	if a.holds() || a.backend.Idle() && (harmless(s.command, true, &s.now.info) || !a.backend.Stale()) {
		return false
	}
	s.worker.metrics.Retry(retryStale)
	s.worker.pool.Discard(a.backend)
	a.backend = nil
	return true
}

// failing reports whether the connection that was just taken up has failed in
// this very turn. OnBackendClosed follows, and lets the client go on.
func (s *Session) failing() bool {
	if s.backend == nil || s.backend.Idle() {
		return false
	}
	s.conn.PauseRead()
	return true
}

// setAside puts the connection at hand aside, or gives it back if nothing holds
// it any more, now that the next statement runs elsewhere.
func (s *Session) setAside() {
	s.mine.pins &^= sysvar.Transient &^ sysvar.Sequence
	if s.mine.pins == 0 && !s.keeps() {
		s.release()
		return
	}
	a := s.asideOf(s.request.Hostgroup)
	a.backend, a.pins, a.objects = s.backend, s.mine.pins, s.mine.objects
	a.inTrans, a.began = s.status&protocol.StatusInTrans != 0, s.mine.began
	a.backend.SetOwner(a)
	s.backend, s.mine.pins, s.mine.objects = nil, 0, nil
	s.status &^= protocol.StatusInTrans
}

// takeUp makes a connection that was set aside the one at hand. There is none.
func (s *Session) takeUp(a *aside) {
	s.take(a.backend)
	s.mine.pins, s.mine.objects, s.mine.began = a.pins, a.objects, a.began
	if a.inTrans {
		s.status |= protocol.StatusInTrans
	}
	s.request.Hostgroup = a.hostgroup
	a.backend, a.objects = nil, nil
}

// asideOf is the place for a connection of a hostgroup.
func (s *Session) asideOf(hostgroup int) *aside {
	for _, a := range s.asides {
		if a.hostgroup == hostgroup {
			return a
		}
	}
	a := &aside{session: s, hostgroup: hostgroup}
	s.asides = append(s.asides, a)
	return a
}

// holdsAside reports whether a connection is set aside.
func (s *Session) holdsAside() bool {
	for _, a := range s.asides {
		if a.backend != nil {
			return true
		}
	}
	return false
}

// releaseAsides lets go of all connections that are set aside.
func (s *Session) releaseAsides() {
	for _, a := range s.asides {
		if a.backend != nil {
			a.release()
		}
	}
	s.asides = nil
}

// release gives the connection back, or up if it has something of the session.
func (a *aside) release() {
	b := a.backend
	a.backend = nil
	if a.holds() || a.inTrans || !b.Idle() {
		a.session.worker.pool.Discard(b)
	} else {
		a.session.worker.pool.Put(b)
	}
}

// inTransaction reports whether the session has a transaction open anywhere.
func (s *Session) inTransaction() bool {
	if s.status&protocol.StatusInTrans != 0 {
		return true
	}
	for _, a := range s.asides {
		if a.backend != nil && a.inTrans {
			return true
		}
	}
	return false
}

// oldest is the connection among those set aside whose transaction began first,
// if that is older than the one of the connection at hand; nil if there is none.
func (s *Session) oldest() (first *aside) {
	for _, a := range s.asides {
		if a.backend == nil || a.pins&sysvar.InTransaction == 0 {
			continue
		}
		if (first == nil || a.began < first.began) && (s.mine.pins&sysvar.InTransaction == 0 || a.began < s.mine.began) {
			first = a
		}
	}
	return first
}

// endOthers brings transactions to their end that are not where a statement
// goes that ends a transaction: a client knows of one only. They end one by one,
// and before the one that answers the client; the command waits for that. It is
// true when all have ended, or the statement ends none.
func (s *Session) endOthers(to int) bool {
	how := s.ending()
	if how == "" {
		return true
	}
	if s.backend == nil || s.request.Hostgroup == to || s.mine.pins&sysvar.InTransaction == 0 {
		other := s.otherThan(to)
		if other == nil {
			return true
		}
		if s.backend != nil && s.askPast() {
			s.conn.PauseRead()
			return false
		}
		s.moveTo(other.hostgroup)
		if s.failing() {
			return false
		}
	}
	s.mine.pins &^= sysvar.InTransaction
	s.status &^= protocol.StatusInTrans
	s.await()
	s.backend.EndTransaction(how)
	return false
}

// otherThan is a connection with a transaction that is set aside, of another
// hostgroup; nil if there is none.
func (s *Session) otherThan(hostgroup int) *aside {
	for _, a := range s.asides {
		if a.backend != nil && a.hostgroup != hostgroup && a.pins&sysvar.InTransaction != 0 {
			return a
		}
	}
	return nil
}

// ending is how the statement under way ends a transaction; "" if it doesn't.
func (s *Session) ending() string {
	info := &s.now.info
	switch {
	case info.Verb == digest.VerbRollback && info.Flags&digest.Savepoint == 0:
		return "ROLLBACK"
	case info.Verb == digest.VerbCommit, info.Verb == digest.VerbBegin,
		info.Flags&(digest.ImplicitCommit|digest.SetAutocommit) != 0:
		return "COMMIT"
	}
	return ""
}

// holds reports whether the session has something on the connection that no
// other has.
func (a *aside) holds() bool { return a.pins&^passing != 0 }

// taken gives a connection up whose server is not to be used any more.
func (a *aside) taken() {
	if a.holds() {
		a.session.interrupt(taken(a.backend))
		return
	}
	a.release()
}

// OnBackendClosed ends the session if it had something there that is lost now.
func (a *aside) OnBackendClosed(_ *backend.Conn, err *backend.Error) {
	s := a.session
	a.backend = nil
	if !a.holds() {
		return
	}
	s.worker.proxy.noise.Info().Uint32("session", s.id).Str("client", s.conn.RemoteString()).
		Stringer("state", s.state).Stringer("pins", a.pins).Err(err).Msg("backend connection lost that was set aside")
	s.interrupt(err.Packet(protocol.ErrCodeNewAbortingConnection))
}

// A connection that is set aside has nothing under way.

// OnBackendReady is not called.
func (a *aside) OnBackendReady(*backend.Conn) {}

// OnAnswer is not called.
func (a *aside) OnAnswer(*backend.Conn, []byte, protocol.Progress) {}

// OnOK is not called.
func (a *aside) OnOK(*backend.Conn, *protocol.OK, byte, protocol.Progress) {}

// OnSyncFailed is not called.
func (a *aside) OnSyncFailed(*backend.Conn, *protocol.ERR) {}

// OnBackendWritable is of no use: nothing is sent.
func (a *aside) OnBackendWritable(*backend.Conn) {}
