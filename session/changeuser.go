package session

import (
	"time"

	"parkway/protocol"
	"parkway/protocol/auth"
)

// COM_CHANGE_USER is a login on the connection that is there. MySQL ends a connection of which such a login is refused. MariaDB resets the session,
// which goes on as the user of before, with the server's character sets and not those of its login, but answers only after a pause; when it has
// refused three of a session's, it does not look at further ones (dispatch_command in sql_parse.cc; MariaDB 10.11).
const (
	maxRefusedChanges = 3
	barTime           = time.Second
)

// changeUser is COM_CHANGE_USER: a new login on the old connection.
func (s *Session) changeUser(p []byte, whole bool) int {
	var c protocol.ChangeUser
	err := error(&protocol.MalformedError{Message: s.command.String(), Reason: "it is too long"})
	// A longer one may have come whole all the same, depending on the network.
	if whole && len(p) <= holdSize {
		err = c.Decode(p[protocol.HeaderLen:], s.caps)
	}
	if err != nil {
		s.refusal = malformed(err)
		return s.refuse(p, whole)
	}
	s.login = &login{
		seq:     s.message.NextSeq(),
		again:   true,
		plugin:  auth.NativePassword,
		charset: s.charset,
		schema:  c.Database,
	}
	if c.Charset != 0 {
		s.login.charset = byte(c.Charset)
	}
	if s.refusedChanges >= maxRefusedChanges && s.isMariaDB() {
		s.setState(authing)
		s.refuseLogin(protocol.NewERR(protocol.ErrCodeUnknownCommand, "parkway: Unknown command: %d changes of user were refused", maxRefusedChanges))
		return len(p)
	}
	s.identify(c.User, c.AuthData, c.AuthPlugin, c.Attributes)
	return len(p)
}

// refuseLogin ends a login for what the client said, and the session, unless that goes on as MariaDB's do.
func (s *Session) refuseLogin(reason *protocol.ERR) {
	if !s.login.again || !s.goesOn() {
		s.badLogin(reason)
		return
	}
	s.worker.proxy.noise.Info().Uint32("session", s.id).Str("client", s.conn.RemoteString()).Err(reason).Msg("change of user refused")
	s.refusedChanges = min(s.refusedChanges+1, maxRefusedChanges)
	s.release()
	s.releaseAsides()
	s.resetState()
	s.mine.vars.Vars = s.worker.pool.Interner().Empty()
	s.login.refused, s.login.until = reason, s.worker.loop.Now()+int64(s.worker.proxy.barTime)
	s.setState(barred)
	s.conn.PauseRead()
	s.watch()
}

// goesOn reports whether the session can be what it was before the COM_CHANGE_USER: not if only its connection knows its schema, or has
// something that the reset does not end.
func (s *Session) goesOn() bool {
	return s.isMariaDB() && (s.backend == nil || s.sharing()) && !s.outlivesReset()
}

// endBarred answers a COM_CHANGE_USER that was refused a while ago.
func (s *Session) endBarred() {
	l := s.login
	s.login = nil
	s.setState(ready)
	s.since = s.worker.loop.Now()
	s.write(l.seq, l.refused.Append)
	s.settle()
}
