package backend

import (
	"errors"
	"math"
	"strconv"
	"time"

	"parkway/hostgroup/stmt"
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// Have is the state of a session as it is on a connection.
type Have struct {
	Session sysvar.State
	Schema  string
	// Unselected says that the connection was reset since Schema was selected: the server took its default for character_set_database then.
	Unselected bool
	InsertID   uint64 // what LAST_INSERT_ID() returns, or InsertIDUnknown
	Tracked    bool   // the session trackers are on, unless Bare
	Bare       bool   // for the moment they are as the server's default says
	// Diagnostics says that SHOW WARNINGS may still show those of the last session: on MariaDB until a statement reads a table, on MySQL
	// until there is any.
	Diagnostics bool
	// Access is what the last START TRANSACTION said that named one, which MySQL keeps for a client who has transactions reported from now on
	// (session_track_transaction_info).
	Access digest.AccessMode
	// Releases says that the server hangs up behind a COMMIT or ROLLBACK of a session that has not set completion_type.
	Releases bool
}

// InsertIDUnknown says that only the server knows what LAST_INSERT_ID() returns.
const InsertIDUnknown = math.MaxUint64

// Have returns the state that the connection is in. It is right while the
// connection is idle.
func (b *Conn) Have() Have { return b.have }

// SetHave notes what statements have made of the connection's state.
func (b *Conn) SetHave(h Have) {
	h.Session = b.based(h.Session)
	b.have = h
}

// Want is the state that a session needs for its next statement.
type Want struct {
	Session  sysvar.State
	Schema   string
	InsertID uint64 // what LAST_INSERT_ID() has to return, if NeedInsertID
	// NeedInsertID is set for statements that ask for it.
	NeedInsertID bool
	// Past is what the session's last statement left behind.
	Past Past
	// Bare asks for the session trackers to be as on a connection of the client's own, for statements that could tell.
	Bare bool
	// Access is the one to have, if that matters when the trackers become Bare.
	Access     digest.AccessMode
	NeedAccess bool
	// Slot is the prepared statement that it is about; zero: none. A connection that has it is preferred; Sync does not
	// prepare it.
	Slot stmt.Slot
}

// Cost is how much there is to do to bring a connection from have to want:
// 0 nothing, more for each thing. ok is false if it can't be done at all.
func (h *Have) Cost(w *Want) (cost int, ok bool) {
	if h.Selects(w.Schema) {
		if w.Schema == "" {
			return 0, false // no command leaves a schema without going to another
		}
		cost++
	}
	if h.differs(w) {
		cost++
	}
	return cost + h.Session.Distance(w.Session), true
}

// Selects reports whether a schema has to be selected.
func (h *Have) Selects(schema string) bool { return h.Schema != schema || h.Unselected }

// differs reports whether the session trackers have to be changed.
func (h *Have) differs(w *Want) bool { return h.Tracked && h.Bare != w.Bare }

// Differs reports whether Sync would change the session trackers.
func (b *Conn) Differs(w *Want) bool { return b.have.differs(w) }

// Tells reports whether the session trackers say all that the proxy has to know.
func (h *Have) Tells() bool { return h.Tracked && !h.Bare }

// Cost is what Have.Cost says of this connection.
func (b *Conn) Cost(w *Want) (cost int, ok bool) {
	if !b.base.set {
		return b.have.Cost(w)
	}
	here := *w
	here.Session = b.based(w.Session)
	return b.have.Cost(&here)
}

// syncTimeout bounds the commands of Sync.
const syncTimeout = 10 * time.Second

// Sync brings an idle connection to the state that a statement needs. It is
// true if there is nothing to do; else OnBackendReady or OnSyncFailed follows,
// never from inside the call.
func (b *Conn) Sync(w *Want) bool {
	if b.InSync(w) {
		return true
	}
	kept := *w // only here, so that nothing is allocated when there is nothing to do
	kept.Session = b.based(w.Session)
	b.bring(&kept, b.have.Selects(w.Schema), b.lacksInsertID(w))
	return false
}

// InSync reports whether Sync has nothing to do.
func (b *Conn) InSync(w *Want) bool {
	return !b.have.Selects(w.Schema) && !b.lacksInsertID(w) && !b.have.differs(w) && b.have.Session == b.based(w.Session) &&
		(!w.Past.Asked || w.Past.Fresh && b.fresh)
}

// Resets reports whether Sync would reset the connection, because no SET brings it there: what the session has on it besides w is lost then.
func (b *Conn) Resets(w *Want) bool {
	_, ok := sysvar.AppendSync(nil, b.have.Session, b.based(w.Session))
	return !ok || b.losesIgnoreSpace(w)
}

// lacksInsertID reports whether LAST_INSERT_ID() has to return something else.
func (b *Conn) lacksInsertID(w *Want) bool { return w.NeedInsertID && b.have.InsertID != w.InsertID }

// bring runs the commands of Sync. w is kept until they have been answered.
func (b *Conn) bring(w *Want, schema, insertID bool) {
	b.beginOwn(syncTimeout)
	differs, access := b.have.differs(w), b.have.Access
	set, ok := sysvar.AppendSync(nil, b.have.Session, w.Session)
	switch {
	case !ok || b.losesIgnoreSpace(w):
		if set, ok = b.reset(w); !ok {
			b.fail(errUnreachable)
			return
		}
		schema = w.Schema != ""
		access = digest.AccessUnsaid
		differs = w.Bare && b.have.Tracked
	case differs && !w.Bare:
		b.retrack()
	}
	if schema {
		b.selectSchema(w.Schema)
	}
	b.assign(set, w)
	if differs && w.Bare {
		b.untrack()
		if w.NeedAccess && access != w.Access {
			b.access(w.Access)
		}
	}
	if insertID {
		b.runQuery("SET last_insert_id="+strconv.FormatUint(w.InsertID, 10), b.unless(func() { b.have.InsertID = w.InsertID }))
	}
	b.fresh = false
	if w.Past.Asked {
		b.standIn(w.Past)
	}
	if w.Past.Refused != nil {
		b.runQuery(string(appendSignal(nil, w.Past.Refused)), func([][]byte, *protocol.ERR) { b.have.Diagnostics = true })
	}
	b.nextOwn()
}

// selectSchema queues COM_INIT_DB.
func (b *Conn) selectSchema(schema string) {
	b.runOwn(ownCommand{cmd: protocol.ComInitDB, payload: []byte(schema), report: b.hear, then: b.unless(func() {
		b.have.Schema, b.have.Unselected = schema, false
	})})
}

// assign queues the SET that brings the session's variables to w; set is empty if there is nothing to do.
func (b *Conn) assign(set []byte, w *Want) {
	if len(set) == 0 {
		b.have.Session = w.Session
		return
	}
	b.runQuery(string(set), b.unless(func() {
		b.have.Session = w.Session
		if b.answer.Warnings() > 0 { // that a variable is deprecated; MariaDB would show it to the session
			b.runQuery(b.silence(w), func([][]byte, *protocol.ERR) {})
		}
	}))
}

// standIn queues the statement that leaves behind what the session's last one did. If the server refuses it, what the
// session asks next is answered wrongly; to leave that without an answer would be worse.
func (b *Conn) standIn(p Past) {
	b.runQuery(string(appendStandIn(nil, p)), func([][]byte, *protocol.ERR) {
		b.have.Diagnostics = b.have.Diagnostics && p.Keep
		if p.Clean && b.answer.Warnings() > 0 { // MySQL's that SQL_CALC_FOUND_ROWS is deprecated
			b.runQuery(quietSet, func([][]byte, *protocol.ERR) {})
		}
	})
}

// silence is a statement that ends the diagnostics of a SET, and on MySQL nothing else.
func (b *Conn) silence(w *Want) string {
	if f := b.spec.Server.Facts(); f != nil && !f.MariaDB && !w.Past.Asked {
		return quietSet
	}
	return string(appendStandIn(nil, w.Past))
}

// errUnreachable is a state that nothing brings a connection to. No session has one; to take it for reached would go on for ever.
var errUnreachable = errors.New("no SET brings the connection to the state that was asked for")

// reset resets the connection and returns what has to be set then; ok is false if no SET does the rest.
func (b *Conn) reset(w *Want) (set []byte, ok bool) {
	b.startOver()
	after := b.base.state
	if !b.base.set {
		after = b.unset()
	}
	return sysvar.AppendSync(nil, after, w.Session)
}

// losesIgnoreSpace reports whether the connection's sql_mode has to go back to that of the login, which is not its default.
func (b *Conn) losesIgnoreSpace(w *Want) bool {
	if !b.caps.Has(protocol.ClientIgnoreSpace) {
		return false
	}
	_, had := b.have.Session.Vars.Get("sql_mode")
	_, wanted := w.Session.Vars.Get("sql_mode")
	return had && !wanted
}

// unless makes the end of a command that must not be refused.
func (b *Conn) unless(then func()) func([][]byte, *protocol.ERR) {
	return func(_ [][]byte, refused *protocol.ERR) {
		if refused == nil {
			then()
			return
		}
		b.ownDone(refused)
	}
}
