package session_test

import (
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// newPreparedPair starts a pair of servers that prepare, each with ids of its own, of which the first dies of executions and preparations
// of texts that say so.
func newPreparedPair(t *testing.T) *pair {
	p := newPair(t, nil, nil)
	fragile := &preparer{conns: map[uint32]*preparerConn{}}
	solid := &preparer{conns: map[uint32]*preparerConn{}, base: 5000}
	p.first.Change(func(c *mysqltest.ServerConfig) {
		c.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			if cmd == protocol.ComStmtPrepare && strings.Contains(string(payload), "/*unprepared*/") || cmd == protocol.ComStmtExecute && fragile.breaks(a.ConnectionID(), payload) {
				a.Die()
				return
			}
			fragile.answer(cmd, payload, a)
		}
	})
	p.second.Change(func(c *mysqltest.ServerConfig) { c.Handler = solid.answer })
	return p
}

// breaks reports whether a command is about a statement whose text says /*break*/.
func (p *preparer) breaks(connection uint32, payload []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := uint32(payload[1]) | uint32(payload[2])<<8
	c := p.conns[connection]
	return c != nil && c.statements[id] != nil && strings.Contains(c.statements[id].text, "/*break*/")
}

// executions is how many executions the servers got.
func (p *pair) executions() (n int) {
	for _, s := range []*mysqltest.Server{p.first, p.second} {
		for _, c := range s.Commands() {
			if c.Command == protocol.ComStmtExecute {
				n++
			}
		}
	}
	return n
}

// A prepared read whose server dies before it has answered is prepared and run on another, with its types and values, also by a client that
// sent the types before, and the client notices nothing.
func TestPreparedReadIsRepeated(t *testing.T) {
	p := newPreparedPair(t)
	c := p.dial()
	s := mustPrepare(t, c, "SELECT /*break*/ ?")
	wantRow(t, c, protocol.ComStmtExecute, first(s, "one"), `types fd00 values "\x03one"`)
	p.wantRetries("read", "1")
	p.second.KillAll() // so that the first is chosen again
	p.waitBackends(0)
	wantRow(t, c, protocol.ComStmtExecute, again(s, "two"), `types fd00 values "\x03two"`)
	p.wantRetries("read", "2")
	wantRow(t, c, protocol.ComStmtExecute, again(s, "three"), `values "\x05three"`)
	if n := p.executions(); n != 5 {
		t.Errorf("%d executions reached the servers, want 5", n)
	}
	// The connections are in step: what follows is answered with what belongs to it.
	other := mustPrepare(t, c, "SELECT 5")
	wantRow(t, c, protocol.ComStmtExecute, other.ExecutePayload(0)[1:], "SELECT 5")
}

// So is one with long data that is kept for it.
func TestPreparedReadWithLongDataIsRepeated(t *testing.T) {
	p := newPreparedPair(t)
	c := p.dial()
	s := mustPrepare(t, c, "SELECT /*break*/ ?")
	if err := s.SendLongData(0, []byte("long")); err != nil {
		t.Fatal(err)
	}
	wantRow(t, c, protocol.ComStmtExecute, first(s, ""), `long "long"`)
	p.wantRetries("read", "1")
	wantRow(t, c, protocol.ComStmtExecute, again(s, "x"), `values "\x01x" long ""`)
}

// A cursor that the lost execution was to open is opened by its repetition.
func TestPreparedReadWithACursorIsRepeated(t *testing.T) {
	p := newPreparedPair(t)
	c := p.dial()
	s := mustPrepare(t, c, "SELECT /*break*/ 1")
	if _, err := s.ExecuteFlags(protocol.CursorReadOnly); err != nil {
		t.Fatal(err)
	}
	p.wantRetries("read", "1")
	r, err := s.Fetch(10)
	if err != nil || len(r.Rows) != 1 || !strings.Contains(string(r.Rows[0]), "fetched SELECT /*break*/ 1") {
		t.Errorf("%q, %v", r.Rows, err)
	}
}

// A preparation runs nothing, whatever it prepares: it is done on another server.
func TestPreparationIsRepeated(t *testing.T) {
	p := newPreparedPair(t)
	c := p.dial()
	s := mustPrepare(t, c, "INSERT /*unprepared*/ INTO t VALUES (?)")
	p.wantRetries("read", "1")
	wantRow(t, c, protocol.ComStmtExecute, first(s, "one"), `values "\x03one"`)
	if n := p.executions(); n != 1 {
		t.Errorf("%d executions reached the servers, want 1", n)
	}
}

// A prepared statement that may have written is not run again, and neither is a read with parameters that went to the server before it, or one
// in a transaction.
func TestPreparedWriteIsNotRepeated(t *testing.T) {
	p := newPreparedPair(t)
	c := p.dial()
	for i, text := range []string{"INSERT /*break*/ INTO t VALUES (?)", "SELECT /*break*/ ? FOR UPDATE", "SELECT /*break*/ GET_LOCK(?, 1)"} {
		s := mustPrepare(t, c, text)
		_, err := c.Command(protocol.ComStmtExecute, first(s, "x")...)
		wantERR(t, err, protocol.ErrCodeNetRead, "the statement may have run; it is not repeated")
		mustQuery(t, c, "SELECT 1")
		if n := p.executions(); n != i+1 {
			t.Fatalf("%s: %d executions reached the servers, want %d", text, n, i+1)
		}
	}
	s := mustPrepare(t, c, "SELECT /*break*/ ?")
	if err := s.SendLongData(0, make([]byte, 100<<10)); err != nil {
		t.Fatal(err)
	}
	_, err := c.Command(protocol.ComStmtExecute, first(s, "")...)
	wantERR(t, err, protocol.ErrCodeNetRead, "parkway: answer of "+p.first.Addr())
	wantClose(t, c)

	c = p.dial()
	s = mustPrepare(t, c, "SELECT /*break*/ ?")
	mustQuery(t, c, "BEGIN")
	_, err = c.Command(protocol.ComStmtExecute, first(s, "x")...)
	wantERR(t, err, protocol.ErrCodeNetRead, "parkway: answer of "+p.first.Addr())
	wantClose(t, c)
	p.wantRetries("read", "")
}
