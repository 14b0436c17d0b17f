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
)

// Slot names a statement on a server. Clients' statements of the same text share the server's, whose owner is 0. One whose
// shared slot holds something for another statement of the same client gets a slot of its own, owned by its client id.
type Slot struct {
	Statement *Statement
	Owner     uint32
}

// Entry is a statement that a client has open.
type Entry struct {
	ID        uint32 // the client's
	Statement *Statement

	types *Types // of the last COM_STMT_EXECUTE that had some: clients send them once
	held  Hold
	slot  Slot // where held lies
}

// Held says what a server holds for the statement.
func (e *Entry) Held() Hold { return e.held }

// ClientStatements is what one client has prepared. A session makes it with the first statement and may drop it when Len is 0.
type ClientStatements struct {
	registry *Registry
	limit    int
	maxBytes int64 // of texts

	entries map[uint32]*Entry
	bytes   int64
	used    uint32   // the id given last
	last    uint32   // the statement prepared last; 0 = it failed or was closed
	holding []*Entry // those with a hold
	spare   *Entry   // of a closed statement, for the next
}

// NewClientStatements makes an empty set for at most limit statements with maxBytes of text in all.
func NewClientStatements(r *Registry, limit int, maxBytes int64) *ClientStatements {
	return &ClientStatements{registry: r, limit: limit, maxBytes: maxBytes, entries: make(map[uint32]*Entry)}
}

// Len is the number of open statements.
func (c *ClientStatements) Len() int { return len(c.entries) }

// Check says what a client reads whose COM_STMT_PREPARE of a text of size bytes is one too many; nil if there is room.
func (c *ClientStatements) Check(size int) *protocol.ERR {
	switch {
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
	*e = Entry{ID: c.used, Statement: s}
	c.entries[e.ID], c.last = e, e.ID
	c.bytes += int64(len(s.Text))
	return e
}

// Fail notes that a COM_STMT_PREPARE failed: LastID means nothing then.
func (c *ClientStatements) Fail() { c.last = 0 }

// Find returns the open statement with this id; nil if there is none. The entry is valid until the statement is closed.
func (c *ClientStatements) Find(id uint32) *Entry {
	if id == LastID {
		id = c.last
	}
	return c.entries[id]
}

// Close closes a statement. left is the slot in which the server still holds something for it, to be given to
// ServerStatements.Retire; its Statement is nil if there is none. The entry is invalid from then on.
func (c *ClientStatements) Close(e *Entry) (left Slot) {
	if e.held != 0 {
		left = e.slot
		c.release(e, e.held)
	}
	if c.last == e.ID {
		c.last = 0
	}
	delete(c.entries, e.ID)
	c.bytes -= int64(len(e.Statement.Text))
	c.registry.Release(e.Statement)
	*e = Entry{}
	c.spare = e
	return left
}

// Clear closes all statements: the client left, or the session was reset by COM_RESET_CONNECTION or COM_CHANGE_USER. What a server
// held for them goes with the reset of its connection, which is due if Held.
func (c *ClientStatements) Clear() {
	for _, e := range c.entries {
		c.registry.Release(e.Statement)
	}
	clear(c.entries)
	c.bytes, c.last, c.holding, c.spare = 0, 0, nil, nil
}

// Held says why the session can't let its backend connection go; 0 = it can.
func (c *ClientStatements) Held() (reasons Hold) {
	for _, e := range c.holding {
		reasons |= e.held
	}
	return reasons
}

// Slot says which of the server's statements e is to use now.
func (c *ClientStatements) Slot(e *Entry) Slot {
	if e.held != 0 {
		return e.slot
	}
	shared := Slot{Statement: e.Statement}
	if c.holds(shared) {
		return Slot{Statement: e.Statement, Owner: e.ID}
	}
	return shared
}

// holds reports whether a server holds something for this client in the slot. c may be nil.
func (c *ClientStatements) holds(s Slot) bool {
	return c != nil && slices.ContainsFunc(c.holding, func(e *Entry) bool { return e.slot == s })
}

// SentLongData notes that COM_STMT_SEND_LONG_DATA went to the server.
func (c *ClientStatements) SentLongData(e *Entry) { c.hold(e, HoldLongData, c.Slot(e)) }

// Executed notes that COM_STMT_EXECUTE or COM_STMT_BULK_EXECUTE was answered: long data is used up, an earlier cursor closed.
// cursor says whether a new one is open (protocol.StatusCursorExists). left is a slot for ServerStatements.Retire, as that of
// Close: after an execution that failed nobody knows whether the server still has the long data, and the next client must not
// get it.
func (c *ClientStatements) Executed(e *Entry, cursor, failed bool) (left Slot) {
	slot := c.Slot(e) // before release, which may change it
	if failed && e.held&HoldLongData != 0 {
		left = slot
	}
	c.release(e, HoldLongData|HoldCursor)
	if cursor && !failed {
		c.hold(e, HoldCursor, slot)
	}
	return left
}

// Fetched notes that COM_STMT_FETCH was answered. end: there is no more to fetch (protocol.StatusLastRowSent), or it failed.
func (c *ClientStatements) Fetched(e *Entry, end bool) {
	if end {
		c.release(e, HoldCursor)
	}
}

// WasReset notes that COM_STMT_RESET succeeded.
func (c *ClientStatements) WasReset(e *Entry) { c.release(e, HoldLongData|HoldCursor) }

// Lost notes that the backend connection is gone, and all that it held.
func (c *ClientStatements) Lost() {
	for _, e := range c.holding {
		e.held, e.slot = 0, Slot{}
	}
	c.holding = c.holding[:0]
}

// hold adds a reason to e; slot is where it lies.
func (c *ClientStatements) hold(e *Entry, why Hold, slot Slot) {
	if e.held == 0 {
		c.holding = append(c.holding, e)
	}
	e.held |= why
	e.slot = slot
}

// release takes reasons from e.
func (c *ClientStatements) release(e *Entry, why Hold) {
	if e.held == 0 {
		return
	}
	if e.held &^= why; e.held == 0 {
		e.slot = Slot{}
		c.holding = slices.DeleteFunc(c.holding, func(o *Entry) bool { return o == e })
	}
}
