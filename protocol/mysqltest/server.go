package mysqltest

import (
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/auth"
)

// ServerCapabilities are what a Server announces by default: everything it does right.
const ServerCapabilities = BaseCapabilities | protocol.ClientFoundRows | protocol.ClientConnectWithDB |
	protocol.ClientIgnoreSpace | protocol.ClientInteractive | protocol.ClientSessionTrack | protocol.ClientDeprecateEOF

// ServerConfig is how a Server behaves. The zero value is a server that lets everybody in and answers as Reply does.
type ServerConfig struct {
	// Greeting is sent to each client, with a ConnectionID and a Nonce of its own. Fields that are zero get defaults: version
	// 8.0.99-mysqltest, ServerCapabilities, utf8mb4, autocommit, mysql_native_password.
	Greeting protocol.Handshake
	// Users are the passwords of those who may log in, as in the proxy's configuration; nil lets everybody in.
	Users map[string]string
	// Queries are the handlers of statements, by their exact text.
	Queries map[string]Handler
	// Handler answers what Queries lack; nil is Reply.
	Handler Handler
	// Fault is how the server misbehaves before the first command.
	Fault Fault
	// Unix listens on a unix socket.
	Unix bool
}

// Handler answers one command; payload has the command byte. It runs on the connection's goroutine. What it leaves unanswered
// stays unanswered.
type Handler func(cmd protocol.Command, payload []byte, w *Answer)

// Fault is how a server misbehaves before the first command.
type Fault struct {
	Mute      bool          // accepts and says nothing
	Delay     time.Duration // before the greeting
	Greeting  []byte        // these bytes in place of the greeting, then a close
	Refusal   *protocol.ERR // this error in place of the greeting, then a close
	NoVerdict bool          // no answer to the handshake response
	Places    int           // a login is refused while more connections than this are open, as MAX_USER_CONNECTIONS does; 0: never
}

// Received is a command that a server got.
type Received struct {
	ConnectionID uint32
	Command      protocol.Command
	Payload      []byte // with the command byte
}

// Server is a scripted MySQL server. Its methods may be called from any goroutine.
type Server struct {
	// Immutable.
	listener net.Listener
	done     chan struct{}
	running  sync.WaitGroup

	mu       sync.Mutex
	changed  *sync.Cond // whenever what follows changes
	cfg      ServerConfig
	live     map[*serverConn]struct{}
	accepted int
	commands []Received
}

// keys are those of all servers: to make them takes longer than most tests.
var keys = new(auth.KeyPair)

// NewServer starts a server. It is closed when the test ends.
func NewServer(t testing.TB, cfg ServerConfig) *Server {
	t.Helper()
	s := &Server{done: make(chan struct{}), cfg: cfg, live: map[*serverConn]struct{}{}}
	s.changed = sync.NewCond(&s.mu)
	kind, address := "tcp", "127.0.0.1:0"
	if cfg.Unix {
		kind, address = "unix", filepath.Join(t.TempDir(), "s")
	}
	var err error
	if s.listener, err = net.Listen(kind, address); err != nil {
		t.Fatal(err)
	}
	s.running.Add(1)
	go s.accept()
	t.Cleanup(s.Close)
	return s
}

// ClosedPort gives an address at which nobody listens, nor can before the test ends.
func ClosedPort(t testing.TB) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	addr, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", addr.(*syscall.SockaddrInet4).Port)
}

// Addr is where the server listens: "host:port" or "unix:/path".
func (s *Server) Addr() string { return addrString(s.listener.Addr()) }

// Close stops listening, closes every connection and waits for what runs on them. It may be called more than once.
func (s *Server) Close() {
	s.mu.Lock()
	select {
	case <-s.done:
	default:
		close(s.done)
	}
	s.mu.Unlock()
	s.listener.Close()
	s.KillAll()
	s.running.Wait()
}

// KillAll closes every connection; new ones are accepted still.
func (s *Server) KillAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.live {
		c.conn.Close()
	}
}

// Change changes the configuration: Fault and Greeting for new connections, the rest for all.
func (s *Server) Change(change func(cfg *ServerConfig)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.cfg)
}

// Connections is the number of open connections.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.live)
}

// Accepted is the number of connections ever made.
func (s *Server) Accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

// Commands are the commands received so far, in order.
func (s *Server) Commands() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Received(nil), s.commands...)
}

// WaitConnections waits until n connections are open and fails the test if that takes too long.
func (s *Server) WaitConnections(t testing.TB, n int) {
	t.Helper()
	s.wait(t, func() bool { return len(s.live) == n })
}

// WaitCommands waits until n commands were received in all and fails the test if that takes too long.
func (s *Server) WaitCommands(t testing.TB, n int) {
	t.Helper()
	s.wait(t, func() bool { return len(s.commands) >= n })
}

// WaitAccepted waits until n connections were made in all and fails the test if that takes too long.
func (s *Server) WaitAccepted(t testing.TB, n int) {
	t.Helper()
	s.wait(t, func() bool { return s.accepted >= n })
}

func (s *Server) wait(t testing.TB, met func() bool) {
	t.Helper()
	late := false
	timer := time.AfterFunc(defaultTimeout, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		late = true
		s.changed.Broadcast()
	})
	defer timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for !met() {
		if late {
			t.Fatalf("after %v the server has %d connections open and got %d commands", defaultTimeout, len(s.live), len(s.commands))
		}
		s.changed.Wait()
	}
}

func (s *Server) accept() {
	defer s.running.Done()
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		if c := s.enter(conn); c != nil {
			go c.serve()
		}
	}
}

// enter counts a connection in; nil if the server was closed meanwhile.
func (s *Server) enter(conn net.Conn) *serverConn {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
		conn.Close()
		return nil
	default:
	}
	s.accepted++
	c := &serverConn{server: s, conn: conn, id: uint32(s.accepted), fault: s.cfg.Fault, greeting: s.cfg.Greeting}
	s.live[c] = struct{}{}
	s.running.Add(1)
	s.changed.Broadcast()
	return c
}

// leave counts a connection out.
func (s *Server) leave(c *serverConn) {
	c.conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.live, c)
	s.changed.Broadcast()
	s.running.Done()
}

// receive records a command and gives its handler.
func (s *Server) receive(id uint32, payload []byte) Handler {
	s.mu.Lock()
	defer s.mu.Unlock()
	cmd := protocol.Command(payload[0])
	s.commands = append(s.commands, Received{ConnectionID: id, Command: cmd, Payload: payload})
	s.changed.Broadcast()
	if cmd == protocol.ComQuery {
		if h := s.cfg.Queries[string(payload[1:])]; h != nil {
			return h
		}
	}
	if s.cfg.Handler != nil {
		return s.cfg.Handler
	}
	return Reply
}

func (s *Server) password(user string) (password string, known, open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	password, known = s.cfg.Users[user]
	return password, known, s.cfg.Users == nil
}
