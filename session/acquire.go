package session

import (
	"parkway/hostgroup/backend"
	"parkway/protocol"
)

// clientAttributes are the connection attributes that servers see.
var clientAttributes = []protocol.Attribute{
	{Key: "_client_name", Value: "parkway"},
	{Key: "program_name", Value: "parkway"},
}

// acquire makes the command that has just come wait for a backend.
func (s *Session) acquire() {
	s.setState(acquiring)
	s.conn.PauseRead()
	s.request.Hostgroup = s.user.DefaultHostgroup
	s.request.Login = backend.Login{
		User:         s.user.Name,
		Credential:   s.credential,
		Capabilities: s.caps,
		Charset:      s.charset,
		Schema:       s.schema,
		Attributes:   clientAttributes,
	}
	s.worker.pool.Acquire(&s.request)
}

// OnBackend goes on with the command that waited.
func (s *Session) OnBackend(b *backend.Conn) {
	s.backend = b
	b.SetOwner(s)
	s.setState(ready)
	s.conn.ResumeRead()
}

// OnNoBackend answers the command that waited with the reason.
func (s *Session) OnNoBackend(reason *protocol.ERR) {
	s.refusal = reason
	s.setState(refused)
	s.resumeNextTurn()
}

// OnBackendReady belongs to the pool, which hands over connections that are ready.
func (s *Session) OnBackendReady(*backend.Conn) {}

// OnBackendClosed ends the session together with its backend connection: the
// state that the client had there is lost, and it must know.
func (s *Session) OnBackendClosed(_ *backend.Conn, err *backend.Error) {
	s.worker.proxy.noise.Info().Uint32("session", s.id).Str("client", s.conn.RemoteString()).
		Stringer("state", s.state).Err(err).Msg("backend connection lost")
	switch s.state {
	case authing, verifying:
		s.backend = nil // COM_CHANGE_USER asks for a fresh one anyway.
	case ready, trailing:
		s.goodbye(err.Packet(protocol.ErrCodeNewAbortingConnection))
	default:
		s.interrupt(err.Packet(protocol.ErrCodeNetRead))
	}
}
