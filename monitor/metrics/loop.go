package metrics

import "time"

// cacheLines is room for two cache lines, because processors fetch lines in pairs. So much before and after what a loop
// writes often keeps its lines apart from those of other loops.
const cacheLines = 128

// maxLabels bounds the values of a label that the program's own words fill (reasons, results).
const maxLabels = 64

// Loop is the shard of one event loop. All its methods, and those of what it hands out, are for that loop only; they
// take no lock, and allocate nothing but on the first use of a hostgroup, server, rule or reason.
type Loop struct {
	_ [cacheLines]byte

	created  Counter
	closed   Counter
	refused  Counter
	aborted  Counter
	panicked Counter
	parked   Counter
	unparked Counter
	left     Counter // while parked

	clientIn  Counter
	clientOut Counter
	serverIn  Counter
	serverOut Counter

	hostgroups registry[int, Hostgroup]
	pins       labelled
	kills      labelled
	retries    labelled
	ruleHits   registry[int, Counter]

	_ [cacheLines]byte
}

// SessionCreated counts a client that got a session. Each has exactly one SessionClosed.
func (l *Loop) SessionCreated() { l.created.Add(1) }

// SessionClosed counts the end of a session, whatever ended it.
func (l *Loop) SessionClosed() { l.closed.Add(1) }

// SessionRefused counts a client that was turned away before it was greeted: too many connections, draining.
func (l *Loop) SessionRefused() { l.refused.Add(1) }

// SessionAborted counts a session whose login failed or whose connection broke in the middle of something, beside its
// SessionClosed.
func (l *Loop) SessionAborted() { l.aborted.Add(1) }

// SessionPanicked counts a session that a panic ended, beside its SessionClosed.
func (l *Loop) SessionPanicked() { l.panicked.Add(1) }

// SessionParked counts a session that was parked. Each has one SessionUnparked or ParkedSessionClosed.
func (l *Loop) SessionParked() { l.parked.Add(1) }

// SessionUnparked counts a session that goes on after it was parked.
func (l *Loop) SessionUnparked() { l.unparked.Add(1) }

// ParkedSessionClosed counts a session that ended while it was parked, in place of its SessionClosed.
func (l *Loop) ParkedSessionClosed() {
	l.left.Add(1)
	l.closed.Add(1)
}

// ClientIn counts bytes that came from clients.
func (l *Loop) ClientIn(n int) { l.clientIn.Add(uint64(n)) }

// ClientOut counts bytes sent to clients.
func (l *Loop) ClientOut(n int) { l.clientOut.Add(uint64(n)) }

// ServerIn counts bytes that came from servers.
func (l *Loop) ServerIn(n int) { l.serverIn.Add(uint64(n)) }

// ServerOut counts bytes sent to servers.
func (l *Loop) ServerOut(n int) { l.serverOut.Add(uint64(n)) }

// Hostgroup returns the counters of a hostgroup, made on first use. The pointer stays valid.
func (l *Loop) Hostgroup(id int) *Hostgroup { return l.hostgroups.get(id) }

// Pin counts a session that was pinned to its backend connection. The reason is one of the program's own words.
func (l *Loop) Pin(reason string) { l.pins.inc(reason) }

// Kill counts an attempt to kill a statement or connection. The result is one of the program's own words.
func (l *Loop) Kill(result string) { l.kills.inc(result) }

// Retry counts a statement or connect that was tried again. The reason is one of the program's own words.
func (l *Loop) Retry(reason string) { l.retries.inc(reason) }

// RuleHit counts a command that a query rule has matched.
func (l *Loop) RuleHit(ruleID int) { l.ruleHits.get(ruleID).Add(1) }

// Hostgroup is what one loop counts of one hostgroup.
type Hostgroup struct {
	_ [cacheLines]byte

	queries  Histogram
	waiting  Counter
	timeouts Counter
	servers  registry[string, Server]

	_ [cacheLines]byte
}

// Query counts a query that was answered, and how long that took.
func (h *Hostgroup) Query(d time.Duration) { h.queries.Observe(d) }

// Waiting adds delta to the number of sessions that wait for a connection.
func (h *Hostgroup) Waiting(delta int) { h.waiting.Add(uint64(delta)) }

// WaitTimeout counts a session that waited for a connection in vain.
func (h *Hostgroup) WaitTimeout() { h.timeouts.Add(1) }

// Server returns the counters of a server in this hostgroup, made on first use. The pointer stays valid. The name is
// host:port or a socket path, as configured.
func (h *Hostgroup) Server(name string) *Server { return h.servers.get(name) }

// Server is what one loop counts of one server in one hostgroup.
type Server struct {
	_ [cacheLines]byte

	connectOK    Counter
	connectError Counter
	used         Counter
	free         Counter

	_ [cacheLines]byte
}

// ConnectOK counts a connection that was opened and logged in.
func (s *Server) ConnectOK() { s.connectOK.Add(1) }

// ConnectError counts an attempt to connect or log in that failed.
func (s *Server) ConnectError() { s.connectError.Add(1) }

// Used adds delta to the number of connections that serve a session.
func (s *Server) Used(delta int) { s.used.Add(uint64(delta)) }

// Free adds delta to the number of idle connections.
func (s *Server) Free(delta int) { s.free.Add(uint64(delta)) }

// labelled is a counter by label value. The values past maxLabels are counted as "other", so that a mistake in a caller
// can't flood the exporter.
type labelled struct {
	registry[string, Counter]
}

func (c *labelled) inc(value string) {
	if c.byKey[value] == nil && len(c.byKey) >= maxLabels {
		value = "other"
	}
	c.get(value).Add(1)
}
