package session

import (
	"errors"
	"io"
	"time"

	"parkway/hostgroup/backend"
	"parkway/hostgroup/pool"
	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/reactor"
	"parkway/session/users"
)

// Session is one client.
type Session struct {
	// Immutable.
	worker *worker
	conn   *reactor.Conn
	id     uint32

	// Owned by the loop.
	state state
	since int64 // loop time of the last command, or of the start of this one
	timer *reactor.Timer
	// alarm is the loop time at which timer fires.
	alarm int64

	// Who the client is; set by its login.
	login      *login // nil once logged in
	user       *users.User
	credential auth.Credential
	caps       protocol.Capability // what client and proxy agreed on
	charset    byte
	schema     string
	nonce      [20]byte // the last that the client was sent

	// The command under way.
	command protocol.Command
	message protocol.MessageReader
	file    protocol.InfileReader
	refusal *protocol.ERR        // answers a command that is refused
	status  protocol.StatusFlags // of the last answer

	// The backend connection, and the wish for one.
	backend *backend.Conn
	request pool.Request

	// Among the worker's sessions.
	prev, next *Session
}

// goodbyeLinger bounds how long a client may take to read its last error.
const goodbyeLinger = time.Second

// OnData takes what the client sent.
func (s *Session) OnData(_ *reactor.Conn, p []byte) int {
	used := 0
	for used < len(p) {
		n := receivers[s.state](s, p[used:])
		if n == 0 {
			break
		}
		used += n
		if s.conn.AboveHigh() {
			// The client does not read what it asked for.
			s.conn.PauseRead()
			break
		}
	}
	s.worker.metrics.ClientIn(used)
	return used
}

// OnWritable goes on when the client has read what had piled up.
func (s *Session) OnWritable(*reactor.Conn) {
	if s.backend != nil {
		s.backend.ResumeRead()
	}
	s.conn.ResumeRead()
}

// OnClose ends the session.
func (s *Session) OnClose(_ *reactor.Conn, err error) {
	w := s.worker
	var panicked *reactor.PanicError
	if errors.As(err, &panicked) {
		w.metrics.SessionPanicked()
	}
	s.lost(err)
	s.leave()
	s.timer.Stop()
	s.logout()
	w.unlink(s)
	w.metrics.SessionClosed()
	w.proxy.sessions.Add(-1)
}

// lost notes a connection that ended by itself and not as it should: with an
// error, or before the client was logged in.
func (s *Session) lost(err error) {
	if s.state == closing || errors.Is(err, io.EOF) && s.login == nil {
		return
	}
	p := s.worker.proxy
	s.worker.metrics.SessionAborted()
	if s.state == authing {
		if left := s.login.server.Abandoned(); left != nil {
			p.noise.Info().Uint32("session", s.id).Str("client", s.conn.RemoteString()).Err(left).Msg("login abandoned")
			return
		}
	}
	p.log.Debug().Uint32("session", s.id).Str("client", s.conn.RemoteString()).Err(err).Msg("client connection lost")
}

// leave gives up what the session holds of the backend side, and closes it to
// the client's bytes.
func (s *Session) leave() {
	if s.state == acquiring {
		s.worker.pool.Cancel(&s.request)
	}
	s.setState(closing)
	s.release()
}

// release lets go of the backend.
func (s *Session) release() {
	if b := s.backend; b != nil {
		s.backend = nil
		s.worker.pool.Release(b)
	}
}

// logout gives back the user's place.
func (s *Session) logout() {
	if s.user != nil {
		s.user.Leave()
		s.user = nil
	}
}

// write sends one packet of the proxy's own to the client.
func (s *Session) write(seq byte, appendPayload func([]byte) []byte) {
	buf, start := protocol.BeginPacket(s.worker.scratch[:0])
	buf = protocol.EndPacket(appendPayload(buf), start, seq)
	s.worker.scratch = buf
	s.send(buf)
}

// send passes bytes to the client.
func (s *Session) send(p []byte) {
	s.worker.metrics.ClientOut(len(p))
	s.conn.Write(p)
}

// writeOK answers a command that the proxy serves itself.
func (s *Session) writeOK(seq byte) {
	ok := protocol.OK{Status: protocol.StatusAutocommit}
	s.write(seq, func(b []byte) []byte { return ok.Append(b, s.caps) })
}

// fatal tells the client why its connection ends, and ends it.
func (s *Session) fatal(seq byte, reason *protocol.ERR) {
	s.write(seq, reason.Append)
	s.leave()
	s.conn.CloseAfterWrite(reason, goodbyeLinger)
}

// goodbye is fatal between two commands: the error is there as the answer to
// whatever the client asks next.
func (s *Session) goodbye(reason *protocol.ERR) { s.fatal(1, reason) }

// drop ends the connection where no error can be inserted.
func (s *Session) drop(reason error) {
	s.leave()
	s.conn.Close(reason)
}
