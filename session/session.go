package session

import (
	"errors"

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
	nonce      [20]byte // the last that the client was sent
	as         account  // who it is at servers

	refusedChanges uint8 // logins by COM_CHANGE_USER that were refused, up to maxRefusedChanges

	// The command under way.
	command    protocol.Command
	message    protocol.MessageReader
	file       protocol.InfileReader
	refusal    *protocol.ERR        // answers a command that is refused
	unprepared *protocol.ERR        // what the last command was refused with because its statement was, on this connection: see wantPast
	parting    *protocol.ERR        // why the session has ended, still to be said; nil: nothing is
	status     protocol.StatusFlags // of the last answer

	// What the session has set and holds.
	mine    portable
	now     statement
	reading reading     // see scanOptions
	env     environment // see there

	// The backend connection, and the wish for one.
	backend *backend.Conn
	request pool.Request
	asides  []*aside // further connections
	route   route
	host    string // the client's address, once a rule has asked for it
	cut     *cut   // what is under way to end the statement; nil: nothing
	order   *order // the client's KILL that is under way; nil: none
	retry   retrial
	script  *scripted  // nil while it has said nothing that is to be kept
	stay    *stay      // nil: no script has to know
	foreign remembered // what the backend remembers of another statement than the session's last one
	reset   resetStep  // of the client's COM_RESET_CONNECTION that waits

	// Among the worker's sessions.
	prev, next *Session
}

// maxSteps is how many commands of one client are begun in one go: a read
// buffer holds thousands of the shortest.
const maxSteps = 100

// OnData takes what the client sent.
func (s *Session) OnData(_ *reactor.Conn, p []byte) int {
	used := 0
	for steps := 1; used < len(p); steps++ {
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
		if steps == maxSteps {
			// It is the turn of others.
			s.conn.PauseRead()
			s.resumeNextTurn()
			break
		}
	}
	s.worker.metrics.ClientIn(used)
	return used
}

// resume lets the client go on, unless it does not read what it asked for or
// the server does not take what the client sends: OnWritable or
// OnBackendWritable follows then.
func (s *Session) resume() {
	if !s.conn.AboveHigh() && (s.backend == nil || !s.backend.Congested()) {
		s.conn.ResumeRead()
	}
}

// resumeNextTurn lets what the client has sent be offered in the next turn. A
// ResumeRead at the end of this one would read more from the socket on top of
// what is kept, each time.
func (s *Session) resumeNextTurn() { s.worker.loop.Post(s.resume) }

// OnWritable goes on when the client has read what had piled up.
func (s *Session) OnWritable(*reactor.Conn) {
	switch {
	case s.state == observing:
		s.observeWritable()
	case s.backend != nil:
		s.backend.ResumeRead()
	}
	s.resume()
}

// OnClose ends the session.
func (s *Session) OnClose(_ *reactor.Conn, err error) {
	w := s.worker
	var panicked *reactor.PanicError
	if errors.As(err, &panicked) {
		w.metrics.SessionPanicked()
	}
	defer s.end()
	defer s.endStay()
	defer s.leave()
	s.lost(err)
}

// isMariaDB reports whether the servers are MariaDB's.
func (s *Session) isMariaDB() bool { return s.worker.proxy.hostgroups.Greeting().MariaDB }

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
	ok := protocol.OK{Status: s.standing()}
	if s.owesReports() {
		s.tellOwed(&ok, false)
	}
	s.write(seq, func(b []byte) []byte { return ok.Append(b, s.caps) })
}

// standing is the status that an answer of the proxy's own has: what lasts of that of the server's last one.
func (s *Session) standing() protocol.StatusFlags {
	status := s.status & protocol.StatusLasting
	if s.mine.ended {
		status &^= protocol.StatusInTrans | protocol.StatusInTransReadonly
	}
	return status
}
