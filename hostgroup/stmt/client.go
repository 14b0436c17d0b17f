package stmt

import (
	"slices"

	"parkway/protocol"
)

// Hold says why a client's statement needs the very backend connection it was last used on. Reasons are bits.
type Hold uint8

// The reasons.
const (
	HoldLongData Hold = 1 << iota // the server has parts of parameters for the next execution
	HoldCursor                    // the server has rows that were not fetched yet
	HoldText                      // the statement can't be prepared anywhere else: its text was too long to be kept, or means something else there
)

// Slot names a statement on a server; without a Statement it names none. Clients share it if they prepared the same text and bind parameters of the
// same types (reshape), or, on MySQL, if their executions have made of it what those of one client alone would have (derive.go). So what a client
// reads depends only on what it has sent itself.
type Slot struct {
	Statement *Statement
	shape     string // the types, see reshape; "" without parameters, and on MySQL for a statement that is as it was prepared
	derived   bool   // it is not: the server has derived it anew for shape
	in        string // the environment of that moment
	cursor    bool   // executions open cursors: one without, on the same statement, gets no proper answer from MySQL 9.7
	owner     uint64 // the entry that has the slot alone; 0: shared
}

// Shared reports whether other clients may use it too.
func (s Slot) Shared() bool { return s.owner == 0 }

// Entry is a statement that a client has open.
type Entry struct {
	ID        uint32 // the client's
	Statement *Statement

	// What every execution looks at stands together, in front: it is seldom in the processor's cache.

	held    Hold       // what long, cursor and anchor amount to
	alone   bool       // see Isolate
	keeps   bool       // kept is not empty
	effects effects    // what the execution under way does; when it has ended, what it did
	types   *Types     // of the last COM_STMT_EXECUTE that had some: clients send them once
	as      derivation // what executions have made of it: see Slot

	// Refusal, if not nil, is why COM_STMT_SEND_LONG_DATA failed, which has no answer: it answers the next execution. Owned by the
	// session; Reset forgets it.
	Refusal *protocol.ERR

	before derivation // as, before the execution under way, if that derives anew

	serial uint64 // no other entry of the loop has ever had it
	kept   []byte // long data that no server has yet, see KeepLongData
	long   Slot   // where the server has long data; zero: none
	cursor Slot   // where it has an open cursor; zero: none
	anchor Slot   // the only place where it ever is; zero: anywhere
}

// effects are what one execution of a statement does.
type effects struct {
	opensCursor bool // it asks for a cursor
	anew        bool // it makes MySQL derive the statement anew; not any more when it has been Executed
	anewAtFirst bool // it would, if the statement was as it was prepared
}

// Held says what a server holds for the statement.
func (e *Entry) Held() (reasons Hold) { return e.held }

// anchored reports whether the statement was opened by AddAnchored.
func (e *Entry) anchored() bool { return e.held&HoldText != 0 }

// ClientStatements is what one client has prepared. A session makes it with the first statement and may drop it when Len is 0.
type ClientStatements struct {
	registry *Registry
	limit    int
	maxBytes int64 // of texts

	entries map[uint32]*Entry
	recent  *Entry // of the entries, the one found last; nil: none
	bytes   int64
	kept    int      // bytes of long data
	used    uint32   // the id given last
	last    uint32   // the statement prepared last; 0 = it failed or was closed
	holding []*Entry // those with a hold
	spare   *Entry   // of a closed statement, for the next
}

// NewClientStatements makes an empty set for at most limit statements with maxBytes of text in all.
func NewClientStatements(r *Registry, limit int, maxBytes int64) *ClientStatements {
	return &ClientStatements{registry: r, limit: limit, maxBytes: maxBytes, entries: make(map[uint32]*Entry)}
}

// Len is the number of open statements. c may be nil.
func (c *ClientStatements) Len() int {
	if c == nil {
		return 0
	}
	return len(c.entries)
}

// Check says what a client reads whose COM_STMT_PREPARE of a text of size bytes is one too many; nil if there is room. c may be nil.
func (c *ClientStatements) Check(size int) *protocol.ERR {
	switch {
	case c == nil:
	case len(c.entries) >= c.limit:
		return tooMany("", int64(c.limit))
	case c.bytes+int64(size) > c.maxBytes:
		return tooMany(" bytes of text", c.maxBytes)
	}
	return nil
}

// Add opens a statement that was prepared, and takes over the caller's reference to it. Ids begin at 1 and are reused only after
// all others were, as servers do.
func (c *ClientStatements) Add(s *Statement) *Entry {
	for {
		c.used++
		if _, taken := c.entries[c.used]; !taken && c.used != 0 && c.used != LastID {
			break
		}
	}
	e := c.spare
	if e == nil {
		e = new(Entry)
	}
	c.spare = nil
	c.registry.serial++
	*e = Entry{ID: c.used, Statement: s, serial: c.registry.serial}
	c.entries[e.ID], c.last = e, e.ID
	c.bytes += int64(len(s.Text))
	return e
}

// AddAnchored is Add for a statement of AcquireSingle, or another one that can't be prepared anywhere else: it needs
// the connection that it was prepared on until it is closed.
func (c *ClientStatements) AddAnchored(s *Statement) *Entry {
	e := c.Add(s)
	e.anchor, e.held = Slot{Statement: s, owner: e.serial}, HoldText
	c.holding = append(c.holding, e)
	return e
}

// Fail notes that a COM_STMT_PREPARE failed: LastID means nothing then. c may be nil.
func (c *ClientStatements) Fail() {
	if c != nil {
		c.last = 0
	}
}

// Find returns the open statement with this id; nil if there is none. The entry is valid until the statement is closed. c may be nil.
func (c *ClientStatements) Find(id uint32) *Entry {
	if c == nil {
		return nil
	}
	if id == LastID {
		id = c.last
	}
	if e := c.recent; e != nil && e.ID == id {
		return e
	}
	if e := c.entries[id]; e != nil {
		c.recent = e
		return e
	}
	return nil
}

// Close closes a statement; the entry is invalid from then on. Nothing need be forwarded. server is the connection that the session
// has, nil if none.
func (c *ClientStatements) Close(e *Entry, server *ServerStatements) {
	c.Reset(e, server)
	server.retire(c.LongDataSlot(e)) // of no use to anybody else; of one that is anchored, the only one
	if e.anchored() {
		c.holding = slices.DeleteFunc(c.holding, func(o *Entry) bool { return o == e })
	}
	if c.last == e.ID {
		c.last = 0
	}
	delete(c.entries, e.ID)
	c.recent = nil
	c.bytes -= int64(len(e.Statement.Text))
	c.registry.Release(e.Statement)
	*e = Entry{}
	c.spare = e
}

// Clear closes all statements: the client left, or the session was reset by COM_RESET_CONNECTION or COM_CHANGE_USER. What a server
// held for them goes with the reset of its connection, which is due if Held. c may be nil.
func (c *ClientStatements) Clear() {
	if c == nil {
		return
	}
	for _, e := range c.entries {
		c.registry.Release(e.Statement)
	}
	clear(c.entries)
	c.bytes, c.kept, c.last, c.recent, c.holding, c.spare = 0, 0, 0, nil, nil, nil
}

// Held says why the session can't let its backend connection go; 0 = it can. c may be nil.
func (c *ClientStatements) Held() (reasons Hold) {
	if c == nil {
		return 0
	}
	for _, e := range c.holding {
		reasons |= e.Held()
	}
	return reasons
}

// Slot says which of the server's statements an execution of e uses. It is asked after Entry.Read. A statement for which another
// one of the same client holds the shared slot gets one of its own.
func (c *ClientStatements) Slot(e *Entry) Slot {
	switch {
	case e.anchored():
		return e.anchor
	case e.held&HoldLongData != 0:
		return e.long
	}
	slot := Slot{Statement: e.Statement, shape: e.as.shape, in: e.as.in, derived: e.derives() && e.as.shape != "", cursor: e.effects.opensCursor}
	if e.alone || slices.ContainsFunc(c.holding, func(o *Entry) bool { return o != e && o.holds(slot) }) {
		slot.owner = e.serial
	}
	return slot
}

// Isolate gives e statements of its own on servers from now on: there is one that could not be prepared in its context.
func (c *ClientStatements) Isolate(e *Entry) { e.alone = true }

// LongDataSlot says which one a COM_STMT_SEND_LONG_DATA uses that isn't kept (KeepLongData): always one of e's own, since the types, which would
// tell whom to share it with, come behind.
func (c *ClientStatements) LongDataSlot(e *Entry) Slot {
	return Slot{Statement: e.Statement, owner: e.serial}
}

// CursorSlot says which one COM_STMT_FETCH uses. If no cursor is open, it is one where the server has none either.
func (c *ClientStatements) CursorSlot(e *Entry) Slot {
	if e.held&HoldCursor != 0 {
		return e.cursor
	}
	return c.Slot(e)
}

// holds reports whether a server holds something for e in the slot.
func (e *Entry) holds(s Slot) bool { return e.long == s || e.cursor == s || e.anchor == s }

// holds reports whether a server holds something for this client in the slot. c may be nil.
func (c *ClientStatements) holds(s Slot) bool {
	return c != nil && slices.ContainsFunc(c.holding, func(e *Entry) bool { return e.holds(s) })
}

// SentLongData notes that COM_STMT_SEND_LONG_DATA went to the server, with what was kept in front of it.
func (c *ClientStatements) SentLongData(e *Entry) {
	c.DropLongData(e)
	c.hold(e, c.LongDataSlot(e), e.cursor)
}

// Executed notes that COM_STMT_EXECUTE or COM_STMT_BULK_EXECUTE was answered by the server: long data is used up, an earlier cursor
// closed. cursor says whether a new one is open (protocol.StatusCursorExists). After an execution that failed nobody knows
// whether the server still has the long data, so that the statement is retired.
func (c *ClientStatements) Executed(e *Entry, server *ServerStatements, cursor, failed bool) {
	e.effects.anew = false
	if !cursor && e.held == 0 && !e.keeps {
		return
	}
	used := c.Slot(e)
	if (e.held&HoldLongData != 0 || e.keeps) && failed && !e.anchored() {
		server.retire(used)
	}
	c.DropLongData(e)
	if e.cursor != used {
		server.retire(e.cursor)
	}
	if cursor && !failed {
		c.hold(e, Slot{}, used)
	} else {
		c.hold(e, Slot{}, Slot{})
	}
}

// Refused notes that a server has refused to execute a statement, and that another one will execute it: long data that was kept goes there
// too. What the one that refused has of it nobody knows, so that the statement is retired there.
func (c *ClientStatements) Refused(e *Entry, server *ServerStatements) {
	used := c.Slot(e)
	server.Forget(used)
	if len(e.kept) > 0 {
		server.retire(used)
	}
}

// Fetched notes that COM_STMT_FETCH was answered. end: there is no more to fetch (protocol.StatusLastRowSent), or it failed.
func (c *ClientStatements) Fetched(e *Entry, end bool) {
	if end {
		c.hold(e, e.long, Slot{})
	}
}

// Reset is COM_STMT_RESET: what the server holds for the statement is given up by closing it there. The client is answered OK;
// nothing need be forwarded, unless it is anchored: that one has to stay, and is reset by the server. server may be nil.
func (c *ClientStatements) Reset(e *Entry, server *ServerStatements) {
	if !e.anchored() {
		server.retire(e.long)
		server.retire(e.cursor)
	}
	e.Refusal = nil
	c.DropLongData(e)
	c.hold(e, Slot{}, Slot{})
}

// Lost notes that the session has no backend connection any more, and nothing of what that held: statements that are anchored are
// closed. c may be nil.
func (c *ClientStatements) Lost() {
	if c == nil {
		return
	}
	for len(c.holding) > 0 {
		e := c.holding[0]
		if e.anchored() {
			c.Close(e, nil)
			continue
		}
		c.hold(e, Slot{}, Slot{})
	}
}

// hold notes what a server holds for e.
func (c *ClientStatements) hold(e *Entry, long, cursor Slot) {
	before := e.held
	e.long, e.cursor = long, cursor
	e.held &= HoldText
	if long.Statement != nil {
		e.held |= HoldLongData
	}
	if cursor.Statement != nil {
		e.held |= HoldCursor
	}
	switch after := e.held; {
	case before == 0 && after != 0:
		c.holding = append(c.holding, e)
	case before != 0 && after == 0:
		c.holding = slices.DeleteFunc(c.holding, func(o *Entry) bool { return o == e })
	}
}
