// Package backend is the state machine of one connection to a server: it
// connects, logs in, and then carries one command and its answer at a time for
// the owner that holds it.
//
// Everything in it runs on the connection's loop and never blocks.
package backend

import (
	"fmt"
	"time"

	"parkway/hostgroup"
	"parkway/hostgroup/stmt"
	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/protocol/sysvar"
	"parkway/reactor"
)

// Login is what a connection is opened with.
type Login struct {
	User         string
	Credential   auth.Credential
	Capabilities protocol.Capability // what the client negotiated: see Class
	Charset      byte
	Schema       string
	Session      sysvar.State // that the login brings about
	// Shared is set for connections that may serve other sessions too: their state
	// has to be known, so that the session trackers are turned on.
	Shared     bool
	Attributes []protocol.Attribute
	// Account is whose login it is, for those who decide whether it still holds.
	Account any
}

// Spec says where a connection goes and who learns of it.
type Spec struct {
	Server   *hostgroup.Server
	Login    Login
	Init     string // statements to run after the login and after every reset; "" none
	Interner *sysvar.Interner
	Timeout  time.Duration // for connecting and logging in together
	// MaxStatements is how many prepared statements a shared connection keeps.
	MaxStatements int
	// Greeted is told what the server greeted with.
	Greeted func(*hostgroup.Server, *protocol.Handshake)
	// Closed is called once, after the owner's OnBackendClosed.
	Closed func(*Conn)
}

// Owner is whoever holds the connection at the moment. Its methods are called
// on the loop; views that it is given die with the call.
type Owner interface {
	// OnBackendReady is called when the login is done, and when Sync is.
	OnBackendReady(b *Conn)
	// OnAnswer hands over the next bytes of the answer to the command that Begin
	// announced. With protocol.Done the answer is complete and the connection idle
	// again; with protocol.Infile the server waits for the client's file.
	OnAnswer(b *Conn, chunk []byte, progress protocol.Progress)
	// OnOK hands over an OK packet of the answer that says more than its status,
	// with its sequence number; what it aliases dies with the call. The owner
	// writes its own to the client. progress is as for OnAnswer.
	OnOK(b *Conn, ok *protocol.OK, seq byte, progress protocol.Progress)
	// OnSyncFailed is called in place of OnBackendReady when the server refused what
	// Sync asked for; the connection is of no use any more.
	OnSyncFailed(b *Conn, reason *protocol.ERR)
	// OnBackendWritable is called when unsent bytes fell below the low mark.
	OnBackendWritable(b *Conn)
	// OnBackendClosed is called once, at the end of a turn, unless the owner let
	// go of the connection before.
	OnBackendClosed(b *Conn, err *Error)
}

// state is where the connection stands.
type state uint8

const (
	dialing   state = iota
	greeting        // connected, the greeting is awaited
	authing         // response sent, OK or more exchange awaited
	preparing       // logged in; commands of the connection's own are under way
	idle            // nothing under way
	busy            // a command was announced, its answer has not ended
	closing         // given up; OnClose follows
	numStates = iota
)

var stateNames = [numStates]string{"dialing", "greeting", "authing", "preparing", "idle", "busy", "closing"}

func (s state) String() string { return stateNames[s] }

// legal[from] has a bit for each state that may follow.
var legal = [numStates]uint{
	dialing:   1<<greeting | 1<<closing,
	greeting:  1<<authing | 1<<closing,
	authing:   1<<preparing | 1<<closing,
	preparing: 1<<idle | 1<<closing,
	idle:      1<<busy | 1<<preparing | 1<<closing,
	busy:      1<<idle | 1<<closing,
	closing:   1 << closing,
}

// stages tells from the state how far a failure reaches.
var stages = [numStates]Stage{
	dialing:   StageConnect,
	greeting:  StageGreet,
	authing:   StageLogin,
	preparing: StagePrepare,
	idle:      StageIdle,
	busy:      StageCommand,
}

// Conn is one connection to a server.
type Conn struct {
	// Immutable.
	spec Spec
	conn *reactor.Conn
	born time.Time
	// host and port are what Server.Address said, and moves Server.Moves at that time.
	host  string
	port  int
	moves uint32

	// Owned by the loop.
	owner  Owner // nil: nobody holds it
	state  state
	err    *Error // why it is closing, if the connection itself knows
	timer  *reactor.Timer
	login  *login              // nil once logged in
	ready  bool                // see WasReady
	caps   protocol.Capability // that the server was told
	thread uint32              // the server's id of the connection
	answer protocol.ResponseReader
	said   protocol.OK // of the answer, while the owner is given it
	own    commands
	ahead  *ahead // nil until AskAhead
	have   Have
	base   baseline
	// Generation is for the pool: of users and hostgroups, when it last looked whether
	// the login still holds.
	Generation uint32

	lateSchema bool   // see ReportsSchemaLate
	unheard    []byte // see TakeUnheard

	runs  int  // commands of its owners since the login or the last reset
	fresh bool // the session on it is as the login and the proxy left it: nothing has run since

	statements *stmt.ServerStatements // nil unless shared
	refusal    *protocol.ERR          // of the last Prepare
}

// Dial starts to connect. The outcome reaches owner later, never from inside
// the call: OnBackendReady or OnBackendClosed. The server's address must be
// known (hostgroup.Server.Address). Loop only.
func Dial(loop *reactor.Loop, spec Spec, owner Owner) (*Conn, error) {
	moves := spec.Server.Moves() // before its address: see Elsewhere
	host, port, ok := spec.Server.Address()
	if !ok {
		return nil, fmt.Errorf("%s is not resolved", spec.Server)
	}
	addr, err := reactor.ParseAddr(host, port)
	if err != nil {
		return nil, err
	}
	b := &Conn{spec: spec, owner: owner, login: new(login), born: time.Now(), host: host, port: port, moves: moves}
	if spec.Login.Shared {
		b.statements = stmt.NewServerStatements(spec.MaxStatements)
	}
	b.timer = loop.NewTimer(func() { b.fail(protocol.ErrNoAnswer) })
	b.timer.Reset(spec.Timeout)
	b.conn = loop.Dial(addr, 0, (*events)(b)) // timer watches over it
	b.conn.HearOut(true)
	return b, nil
}

// Server returns the server that it is connected to.
func (b *Conn) Server() *hostgroup.Server { return b.spec.Server }

// Elsewhere reports whether the server's name means another address by now.
func (b *Conn) Elsewhere() bool { return b.moves != b.spec.Server.Moves() }

// Endpoint is where it is connected to, as net.Dial takes it: Server may be
// Elsewhere by now.
func (b *Conn) Endpoint() (network, address string) {
	return hostgroup.Endpoint(b.host, b.port)
}

// SetOwner hands the connection over: callbacks go to owner from now on. nil
// lets go of it.
func (b *Conn) SetOwner(owner Owner) { b.owner = owner }

// Login returns what the connection was opened with.
func (b *Conn) Login() *Login { return &b.spec.Login }

// WasReady reports whether the owner was told once that the connection is ready,
// even if it has ended since.
func (b *Conn) WasReady() bool { return b.ready }

// Idle reports whether a command may begin.
func (b *Conn) Idle() bool { return b.state == idle && !b.conn.Broken() }

// Thread is the id that the server knows the connection by, for KILL: what it
// greeted with, which has 32 bits. So have the ids of MySQL and MariaDB.
func (b *Conn) Thread() uint32 { return b.thread }

// Busy reports whether a command is under way.
func (b *Conn) Busy() bool { return b.state == busy }

// Begin announces that the bytes which follow by Send are a command that the
// server answers; the answer begins with sequence number seq. The connection
// must be idle.
func (b *Conn) Begin(cmd protocol.Command, seq byte) {
	b.setState(busy)
	b.runs++
	b.fresh = false
	b.answer.Start(cmd, b.caps, seq)
}

// Send passes bytes to the server: the packets of a command, or the client's
// file after protocol.Infile. Never blocks; see Congested.
func (b *Conn) Send(p []byte) {
	if b.ahead != nil && b.ahead.unsent {
		b.sendBehind(p)
		return
	}
	b.conn.Write(p)
}

// Congested reports whether the server reads slower than it is sent to: the
// owner should stop until OnBackendWritable.
func (b *Conn) Congested() bool { return b.conn.AboveHigh() }

// InfileSent says that the client's file was sent, and that the answer goes on
// with sequence number seq.
func (b *Conn) InfileSent(seq byte) { b.answer.InfileSent(seq) }

// Answer is the progress of the last command's answer: its status flags,
// whether it failed, and where an error could be inserted.
func (b *Conn) Answer() *protocol.ResponseReader { return &b.answer }

// PauseRead stops the answer until ResumeRead, because the client is slow.
func (b *Conn) PauseRead() { b.conn.PauseRead() }

// ResumeRead ends PauseRead.
func (b *Conn) ResumeRead() { b.conn.ResumeRead() }

// quitLinger bounds how long a server may take to read COM_QUIT.
const quitLinger = time.Second

// Quit ends the connection: politely when it is idle, at once when a command
// is under way. The owner hears nothing more.
func (b *Conn) Quit() {
	b.owner = nil
	was := b.state
	if was == closing {
		return
	}
	b.setState(closing)
	if was != idle {
		b.conn.Close(nil)
		return
	}
	b.conn.Write([]byte{1, 0, 0, 0, byte(protocol.ComQuit)})
	b.conn.CloseAfterWrite(nil, quitLinger)
}

// Fail gives the connection up because of cause, as if it had been lost: the
// owner hears of that by OnBackendClosed.
func (b *Conn) Fail(cause error) { b.fail(cause) }

// fail gives the connection up because of cause.
func (b *Conn) fail(cause error) {
	if b.state == closing {
		return
	}
	b.err = &Error{Server: b.spec.Server.String(), Stage: stages[b.state], Cause: cause}
	b.setState(closing)
	b.conn.Close(cause)
}

func (b *Conn) setState(to state) {
	if legal[b.state]&(1<<to) == 0 {
		panic(fmt.Sprintf("backend: %s -> %s", b.state, to))
	}
	b.state = to
}

// events is the connection as the reactor sees it, so that the callbacks are
// not part of the package's interface.
type events Conn

func (e *events) OnConnect(*reactor.Conn) { (*Conn)(e).setState(greeting) }

func (e *events) OnData(_ *reactor.Conn, p []byte) int {
	switch b := (*Conn)(e); b.state {
	case busy:
		return b.onBusy(p)
	case greeting, authing:
		return b.onLogin(p)
	case preparing:
		return b.onOwnAnswer(p)
	case idle:
		b.onUnsolicited(p)
	}
	return len(p)
}

func (e *events) OnWritable(*reactor.Conn) {
	if b := (*Conn)(e); b.owner != nil {
		b.owner.OnBackendWritable(b)
	}
}

func (e *events) OnClose(_ *reactor.Conn, err error) {
	b := (*Conn)(e)
	b.timer.Stop()
	if b.err == nil {
		server := b.spec.Server.String()
		_, address := b.Endpoint()
		b.err = &Error{Server: server, Stage: stages[b.state], Cause: plainly(err, server, address)}
	}
	b.state = closing
	if owner := b.owner; owner != nil {
		b.owner = nil
		owner.OnBackendClosed(b, b.err)
	}
	b.spec.Closed(b)
}

func (b *Conn) onBusy(p []byte) int {
	if b.ahead == nil || !b.ahead.due {
		return b.onAnswer(p)
	}
	used := b.onAhead(p)
	if b.state != busy || b.ahead.due || used == len(p) {
		return used
	}
	return used + b.onAnswer(p[used:])
}

func (b *Conn) onAnswer(p []byte) int {
	used := 0
	for {
		n, progress, err := b.answer.Feed(p[used:])
		if err != nil {
			if b.owner != nil && n > 0 {
				b.owner.OnAnswer(b, p[used:used+n], protocol.More)
			}
			b.fail(err)
			return len(p)
		}
		if progress == protocol.Done {
			b.setState(idle)
		}
		if b.owner != nil && (n > 0 && progress != protocol.Notable || progress == protocol.Done) {
			b.owner.OnAnswer(b, p[used:used+n], progress)
		}
		if progress == protocol.Notable {
			if progress, n = b.onNotable(p[used:], n); progress == protocol.More && b.state == busy {
				used += n
				continue
			}
		}
		used += n
		// Also while the client's file is awaited, a server has nothing to say.
		if progress != protocol.More && used < len(p) {
			b.onUnsolicited(p[used:])
			return len(p)
		}
		return used
	}
}

// onNotable takes the OK packet that stands before bytes into p, and what comes
// before it. It returns how the answer goes on, and how many bytes it used.
func (b *Conn) onNotable(p []byte, before int) (protocol.Progress, int) {
	if b.owner != nil && before > 0 {
		b.owner.OnAnswer(b, p[:before], protocol.More)
	}
	said, size, seq, progress, err := b.answer.ReadOK(p[before:])
	if err != nil {
		b.fail(err)
		return protocol.More, len(p)
	}
	if progress == protocol.Done {
		b.setState(idle)
	}
	if b.owner != nil {
		b.said = said
		b.owner.OnOK(b, &b.said, seq, progress)
	}
	return progress, before + size
}

// onUnsolicited ends a connection whose server speaks without being asked. A
// server does that to say why it is leaving.
func (b *Conn) onUnsolicited(p []byte) {
	var said protocol.ERR
	if len(p) > protocol.HeaderLen {
		length, _ := protocol.Header(p)
		if payload := p[protocol.HeaderLen:]; length <= len(payload) && said.Decode(payload[:length]) == nil {
			b.fail(&said)
			return
		}
	}
	b.fail(errUnsolicited)
}
