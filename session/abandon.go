package session

import (
	"time"

	"parkway/protocol"
)

// What a client reads that is still sending: a command that is too large, or was refused before its end, or a file for a server that is gone. It
// does not read until it has sent all, and then expects its answer under the number behind its last packet, which nobody knows before.

// abandonLinger is how long a client may say nothing in the middle of what it sends before it reads why its session ends.
const abandonLinger = time.Second

// turnDown ends the session because of the command under way, which is whole or not.
func (s *Session) turnDown(reason *protocol.ERR, whole bool) {
	switch {
	case s.state == trailing && s.refusal == nil, s.state == sending && s.backend.Answer().Started():
		s.interrupt(reason) // The command has its answer.
	case whole:
		s.fatal(s.message.NextSeq(), reason)
	default:
		s.abandon(reason)
	}
}

// keepEarly keeps the server's refusal of a command that the client is still sending, to be said at the end of that. It is false if chunk is
// another answer.
func (s *Session) keepEarly(chunk []byte) bool {
	if len(chunk) < protocol.HeaderLen {
		return false
	}
	said := new(protocol.ERR)
	if length, _ := protocol.Header(chunk); len(chunk) != protocol.HeaderLen+length || said.Decode(chunk[protocol.HeaderLen:]) != nil {
		return false
	}
	s.refusal = said
	return true
}

// abandon ends the session because of reason, but not before the client has sent its file or command.
func (s *Session) abandon(reason *protocol.ERR) {
	s.release()
	s.refusal = reason
	s.setState(abandoned)
	s.since = s.worker.loop.Now()
	s.watch()
	s.conn.ResumeRead()
}

// unread is what the client of an abandoned session is sending.
func (s *Session) unread() interface {
	Feed(p []byte) (n int, done bool, err error)
	NextSeq() byte
} {
	if s.file.Active() {
		return &s.file
	}
	return &s.message
}

// onAbandoned reads the rest of it.
func (s *Session) onAbandoned(p []byte) int {
	r := s.unread()
	n, whole, err := r.Feed(p)
	if whole || err != nil {
		s.fatal(r.NextSeq(), s.refusal)
		return len(p)
	}
	s.since = s.worker.loop.Now()
	return n
}

// endAbandoned ends a session whose client does not go on with it.
func (s *Session) endAbandoned() { s.interrupt(s.refusal) }
