package session

import (
	"time"

	"parkway/protocol"
	"parkway/scripting/hook"
)

// stay is what a script may want to know of a client as a whole. It is there only if there was a script that does anything when the client came,
// and stays with the client while that is parked.
type stay struct {
	began      int64 // loop time
	id         uint32
	port       uint16
	admitted   bool // it has logged in once
	quit       bool // it has said goodbye
	queries    uint64
	in, out    uint64 // bytes over connections of before it was parked
	host       string
	attributes []protocol.Attribute
}

// beginStay begins to follow a client that has come, if there is a script.
func (s *Session) beginStay() {
	if !s.worker.scripted() {
		return
	}
	a := (*asking)(s)
	s.stay = &stay{began: s.worker.loop.Now(), id: s.id, host: a.ClientAddr(), port: uint16(a.ClientPort())}
}

// count adds what has gone over the session's connection, which it is about to leave.
func (t *stay) count(s *Session) {
	if t != nil {
		t.in, t.out = t.in+s.conn.BytesIn(), t.out+s.conn.BytesOut()
	}
}

// countCommand notes a command that was answered.
func (t *stay) countCommand(c protocol.Command) {
	if t != nil && c.HasAnswer() {
		t.queries++
	}
}

// guest is a client that has left, as a script sees it.
type guest struct {
	*stay
	user, schema string
}

// ID is the connection id.
func (g *guest) ID() uint32 { return g.id }

// ClientAddr is the client's address.
func (g *guest) ClientAddr() string { return g.host }

// ClientPort is the client's port.
func (g *guest) ClientPort() int { return int(g.port) }

// User is who it was.
func (g *guest) User() string { return g.user }

// Schema is the one that was in use.
func (g *guest) Schema() string { return g.schema }

// Attributes calls each for the connection attributes.
func (g *guest) Attributes(each func(name, value string)) { eachAttribute(g.attributes, each) }

func eachAttribute(list []protocol.Attribute, each func(name, value string)) {
	for _, a := range list {
		each(a.Key, a.Value)
	}
}

// endStay tells the script that the session's client has left.
func (s *Session) endStay() {
	if s.stay != nil && s.user != nil {
		s.stay.count(s)
		s.worker.endStay(s.stay, s.user.Name, s.mine.schema)
	}
}

// endStay tells the script that a client has left, if it had been let in.
func (w *worker) endStay(t *stay, user, schema string) {
	if t == nil || !t.admitted || !w.defines(hook.OnDisconnect) {
		return
	}
	w.script.Disconnect(&guest{t, user, schema}, &hook.Stats{
		Duration: time.Duration(w.loop.Now() - t.began), Queries: t.queries, BytesIn: t.in, BytesOut: t.out, Aborted: !t.quit,
	})
}
