package session

import (
	"parkway/hostgroup/backend"
	"parkway/protocol"
	"parkway/protocol/digest"
)

// clientAttributes are the connection attributes that servers see.
var clientAttributes = []protocol.Attribute{
	{Key: "_client_name", Value: "parkway"},
	{Key: "program_name", Value: "parkway"},
}

// obtain gets a backend for the command that has just come and brings it to the
// session's state. It is false if the command has to wait for that.
func (s *Session) obtain() bool {
	if s.backend == nil {
		s.wish()
		s.moveTo(s.request.Hostgroup)
		if s.failing() {
			return false
		}
	}
	if s.backend == nil {
		b := s.takeIdle()
		if b == nil {
			s.await()
			s.worker.pool.Acquire(&s.request)
			return false
		}
		s.take(b)
	}
	if s.flush() {
		return false
	}
	if s.mine.unsure && s.mustKnow() {
		s.await()
		s.learn()
		return false
	}
	if s.lacks() {
		s.equip()
		return false
	}
	if s.synced() {
		return true
	}
	s.await()
	return false
}

// await makes the client's bytes wait until there is a backend.
func (s *Session) await() {
	s.setState(acquiring)
	s.conn.PauseRead()
}

// wish fills in what the session needs of a backend.
func (s *Session) wish() {
	if !s.route.decided { // else it is where place has moved to
		s.request.Hostgroup = s.defaultHostgroup()
	}
	name, owner := s.backendAccount()
	s.request.Login = backend.Login{
		User:         name,
		Credential:   s.credential,
		Capabilities: s.caps,
		Charset:      s.charset,
		Schema:       s.mine.schema,
		Session:      s.mine.login,
		Shared:       s.sharing(),
		Attributes:   clientAttributes,
		Account:      owner,
	}
	s.request.Want = s.want()
}

// OnBackend goes on with the command that waited.
func (s *Session) OnBackend(b *backend.Conn) {
	s.take(b)
	if s.lacks() {
		s.OnBackendReady(b) // obtain sees to that first
		return
	}
	if s.synced() {
		s.OnBackendReady(b)
	}
}

// synced reports whether the backend is as the statement under way needs it. If not, Sync has begun.
func (s *Session) synced() bool {
	want := s.want()
	if s.backend.InSync(&want) {
		return true
	}
	if s.backend.Have().Bare && !s.isMariaDB() && s.learn() { // what the server has not reported yet would drown
		return false
	}
	s.request.Want = want
	s.told()
	return s.backend.Sync(&s.request.Want)
}

// take makes b the session's backend.
func (s *Session) take(b *backend.Conn) {
	s.backend = b
	s.foreign, s.reset = everything, resetUnbegun
	b.SetOwner(s)
}

// OnNoBackend answers the command that waited with the reason.
func (s *Session) OnNoBackend(reason *protocol.ERR) {
	if s.leavesLostSchema(reason) {
		s.mine.schema = ""
		s.setState(ready) // the command begins anew, on a connection without a schema
	} else {
		s.refusal = reason
		s.setState(refused)
	}
	if s.retry.again {
		s.goOn()
		return
	}
	s.resumeNextTurn()
}

// leavesLostSchema reports whether the command that waited goes from a schema that the server does not let the session into, because it was
// dropped or there never was one, to another. On a connection of its own the client could, too.
func (s *Session) leavesLostSchema(reason *protocol.ERR) bool {
	if reason.Code != protocol.ErrCodeBadDB && reason.Code != protocol.ErrCodeDBAccessDenied {
		return false
	}
	return s.mine.schema != "" && (s.command == protocol.ComInitDB || s.now.info.Verb == digest.VerbUse)
}

// OnBackendReady goes on with the command that waited: the connection is in the
// session's state, or has told what goes along (askPast), whatever has become of the command meanwhile.
func (s *Session) OnBackendReady(b *backend.Conn) {
	if s.state != acquiring {
		s.asked()
		return
	}
	if reason := b.TakeRefusal(); reason != nil {
		s.notPrepared(reason)
		return
	}
	s.setState(ready)
	s.goOn()
}

// OnSyncFailed goes on without the connection, whose server has refused to bring it to the session's state, or to say what
// goes along: what waited is answered with the server's reason.
func (s *Session) OnSyncFailed(b *backend.Conn, reason *protocol.ERR) {
	s.worker.pool.Discard(b)
	switch {
	case s.state == acquiring:
		s.stranded(reason)
	case s.bound():
		s.backend = nil
		s.goodbye(reason)
	case s.state == injecting:
		s.leaveInjecting(reason)
	default:
		s.loseBackend()
		s.asked()
	}
}

// stranded goes on without the connection that was being brought to the session's state, or was asked: what waited is answered with the reason.
// If the connection had something of the session, because it was set aside before, or is not shared and has run what the client sent, the session
// ends. A session that is unshareable may have nothing there yet.
func (s *Session) stranded(reason *protocol.ERR) {
	lost := s.anchoredBy(^passing) || !s.sharing() && (s.backend.Runs() > 0 || s.reset == resetDone)
	s.loseBackend()
	if lost {
		s.goodbye(reason)
		return
	}
	s.OnNoBackend(reason)
}
