package hostgroup

import (
	"bytes"
	"net"
	"strconv"
	"sync/atomic"
)

// Server is what is observed of one server of one hostgroup: it outlives
// reloads, so that its budget and what was learned of it stay true while the
// configured side (Member) is replaced.
type Server struct {
	// Immutable.
	hostgroup int
	host      string
	port      int
	name      string // see String

	// Any thread.
	connections atomic.Int64 // open or being opened
	address     atomic.Pointer[string]
	facts       atomic.Pointer[Facts]
	health      atomic.Pointer[health] // nil: nothing was ever wrong; stored with Manager.mu held
	trackers    atomic.Pointer[Trackers]
	left        atomic.Bool   // see Left
	moves       atomic.Uint32 // see Moves
	looks       atomic.Uint32 // see Looks
	refused     atomic.Bool   // it has refused a write since the last look
}

// Trackers say how the server's session trackers are turned on.
type Trackers struct {
	Query []byte // nil: the server has none
	List  []byte // the variables that it has reported: sysvar.TrackList
}

// Has reports whether the server has a session variable of this name, in lower case, that can be tracked. Any thread.
func (t *Trackers) Has(name string) bool {
	for listed := range bytes.SplitSeq(t.List, []byte{','}) {
		if string(listed) == name {
			return true
		}
	}
	return false
}

// Trackers returns what was learned of the server's session trackers, nil while
// nobody has asked. Any thread.
func (s *Server) Trackers() *Trackers { return s.trackers.Load() }

// SetTrackers keeps what a connection learned. Any thread.
func (s *Server) SetTrackers(t *Trackers) { s.trackers.Store(t) }

// Left reports whether the server has gone to the other hostgroup of its pair:
// what it still runs for this one is to end with its transaction. Any thread.
func (s *Server) Left() bool { return s.left.Load() }

// Silent says why the server is taken for dead, because it answers no ping; "": it
// is not. Any thread.
func (s *Server) Silent() string {
	if h := s.health.Load(); h != nil {
		return h.silent
	}
	return ""
}

// Looks counts how often the server has told the monitor its read_only. Where it is
// a member is published before a look is counted. Any thread.
func (s *Server) Looks() uint32 { return s.looks.Load() }

// Hostgroup returns the id of the hostgroup that the server belongs to.
func (s *Server) Hostgroup() int { return s.hostgroup }

// String is the server as the configuration names it, "host:port" or the path
// of a unix socket: for logs, errors and metric labels.
func (s *Server) String() string { return s.name }

func nameOf(host string, port int) string {
	if port == 0 {
		return host
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

// IsUnix reports whether the server is reached through a unix socket.
func (s *Server) IsUnix() bool { return s.port == 0 }

// Address returns where to connect to: an IP address and port, or a path with
// port 0. ok is false while the server's name could not be resolved. Any thread.
func (s *Server) Address() (host string, port int, ok bool) {
	if a := s.address.Load(); a != nil {
		return *a, s.port, true
	}
	return "", 0, false
}

// Moves counts how often the server's name has come to mean another address. Any
// thread.
func (s *Server) Moves() uint32 { return s.moves.Load() }

// Endpoint is Address as net.Dial takes it. Any thread.
func (s *Server) Endpoint() (network, address string, ok bool) {
	host, port, ok := s.Address()
	if !ok {
		return "", "", false
	}
	network, address = Endpoint(host, port)
	return network, address, true
}

// Endpoint is what Server.Address returns as net.Dial takes it.
func Endpoint(host string, port int) (network, address string) {
	if port == 0 {
		return "unix", host
	}
	return "tcp", net.JoinHostPort(host, strconv.Itoa(port))
}

// Connections returns how many connections are open or being opened. Any thread.
func (s *Server) Connections() int { return int(s.connections.Load()) }

// Take reserves one connection of the server's budget and reports whether that
// stayed within limit. Each successful Take needs one Give. A refused attempt
// never makes another one fail. Any thread.
func (s *Server) Take(limit int) bool {
	for {
		n := s.connections.Load()
		if n >= int64(limit) {
			return false
		}
		if s.connections.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// Give returns what Take reserved. Any thread.
func (s *Server) Give() { s.connections.Add(-1) }
