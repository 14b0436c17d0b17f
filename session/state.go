package session

import "fmt"

// state is where a session stands.
type state uint8

const (
	greeted    state = iota // the client's handshake response is awaited
	authing                 // more of the authentication is awaited
	verifying               // what the client sent is being decrypted, or the key made for that, on another thread
	knocking                // the script is asked whether the client is greeted
	vetting                 // the script is asked about a login whose password was right
	barred                  // a COM_CHANGE_USER was refused; the answer waits
	ready                   // the next command is awaited
	acquiring               // a command waits for a backend
	killing                 // a KILL is under way at another session
	delayed                 // a command waits because a rule says so
	doubtful                // a server refused the command because it is read-only: the monitor's word is awaited
	pondering               // a command waits for the script
	injecting               // a statement of the script's is at the server, before the client's or behind it
	refused                 // no backend: the command that waited gets an error
	sending                 // a command is passed on, and its answer not complete
	answering               // a command was passed on whole, and its answer not complete
	observing               // the answer waits for the script, or for the client to read what the script has seen
	uploading               // the client's file is passed on (LOAD DATA LOCAL)
	trailing                // the rest of a command is passed on; no answer is due any more
	discarding              // the rest of a refused command is read
	abandoned               // the session is about to end; the rest of the client's file or command is read
	gone                    // parked: the client gets another Session when it speaks again
	closing                 // no command is carried out any more
	numStates  = iota
)

var stateNames = [numStates]string{
	greeted: "greeted", authing: "authing", verifying: "verifying", knocking: "knocking", vetting: "vetting", barred: "barred", ready: "ready",
	acquiring: "acquiring", killing: "killing", delayed: "delayed", doubtful: "doubtful", pondering: "pondering",
	injecting: "injecting", refused: "refused", sending: "sending", answering: "answering", observing: "observing",
	uploading: "uploading", trailing: "trailing", discarding: "discarding", abandoned: "abandoned", gone: "gone",
	closing: "closing",
}

func (s state) String() string { return stateNames[s] }

// legal[from] has a bit for each state that may follow. Every state may be
// followed by closing.
var legal = [numStates]uint{
	greeted:   1<<authing | 1<<knocking,
	authing:   1<<verifying | 1<<vetting | 1<<barred | 1<<ready,
	knocking:  1 << greeted,
	vetting:   1 << authing,
	verifying: 1 << authing,
	barred:    1 << ready,
	ready: 1<<authing | 1<<acquiring | 1<<killing | 1<<delayed | 1<<pondering | 1<<injecting | 1<<refused | 1<<sending |
		1<<answering | 1<<trailing | 1<<discarding | 1<<abandoned | 1<<gone,
	acquiring:  1<<ready | 1<<refused,
	killing:    1 << ready,
	delayed:    1 << ready,
	doubtful:   1 << ready,
	pondering:  1<<ready | 1<<injecting,
	injecting:  1<<ready | 1<<pondering,
	refused:    1<<ready | 1<<discarding | 1<<abandoned,
	sending:    1<<answering | 1<<trailing | 1<<discarding | 1<<abandoned,
	answering:  1<<ready | 1<<observing | 1<<uploading | 1<<doubtful,
	observing:  1 << answering,
	uploading:  1<<answering | 1<<abandoned,
	trailing:   1<<ready | 1<<abandoned,
	discarding: 1<<ready | 1<<abandoned,
}

// receivers tells who takes the client's bytes in each state, and returns how
// many it used: none while it needs more of them, or while they have to wait.
var receivers [numStates]func(s *Session, p []byte) int

func init() {
	// Filled in here because the functions refer back to the table.
	receivers = [numStates]func(s *Session, p []byte) int{
		greeted:    (*Session).onHandshakeResponse,
		authing:    (*Session).onAuth,
		verifying:  (*Session).onEarly,
		knocking:   (*Session).onEarly,
		vetting:    (*Session).onEarly,
		barred:     (*Session).onEarly,
		ready:      (*Session).onCommand,
		acquiring:  (*Session).onEarly,
		killing:    (*Session).onEarly,
		delayed:    (*Session).onEarly,
		doubtful:   (*Session).onEarly,
		pondering:  (*Session).onEarly,
		injecting:  (*Session).onEarly,
		refused:    (*Session).onRefused,
		sending:    (*Session).onMore,
		answering:  (*Session).onEarly,
		observing:  (*Session).onEarly,
		uploading:  (*Session).onFile,
		trailing:   (*Session).onTrailer,
		discarding: (*Session).onDiscard,
		abandoned:  (*Session).onAbandoned,
		gone:       func(*Session, []byte) int { panic("session: input for a session that is parked") },
		closing:    (*Session).onLast,
	}
}

func (s *Session) setState(to state) {
	if to != closing && legal[s.state]&(1<<to) == 0 {
		panic(fmt.Sprintf("session: %s -> %s", s.state, to))
	}
	s.state = to
}
