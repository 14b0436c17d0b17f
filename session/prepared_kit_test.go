package session_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// preparer is a server whose connections know only the statements that were prepared on them, and which tells of an execution
// what it understood.
type preparer struct {
	mu      sync.Mutex
	conns   map[uint32]*preparerConn
	base    uint32                                                // of the ids of its statements
	prepare func(sql string, a *mysqltest.Answer) (answered bool) // nil: nothing special
}

type preparerConn struct {
	next       uint32
	inTrans    bool
	statements map[uint32]*preparedThere
}

type preparedThere struct {
	text   string
	params int
	types  []byte
	long   []byte
	cursor bool
}

// refused ends a value with which an execution fails, when the types have been read.
const refused = "refused"

// newPreparer is a world of clients that share connections to a preparer. change may alter it.
func newPreparer(t testing.TB, change func(*setup)) (*world, *preparer) {
	p := &preparer{conns: map[uint32]*preparerConn{}}
	w := newWorld(t, func(s *setup) {
		tracked(s)
		s.server.Handler = p.answer
		if change != nil {
			change(s)
		}
	})
	return w, p
}

// open is how many statements the connections have together.
func (p *preparer) open() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		n += len(c.statements)
	}
	return n
}

func (p *preparer) answer(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.conns[a.ConnectionID()]
	if c == nil {
		// Ids differ from connection to connection, so that one that is not exchanged is noticed.
		c = &preparerConn{next: p.base + 100*a.ConnectionID(), statements: map[uint32]*preparedThere{}}
		p.conns[a.ConnectionID()] = c
	}
	switch sql := string(payload[1:]); {
	case cmd == protocol.ComQuery && sql == "BEGIN":
		c.inTrans = true
	case cmd == protocol.ComQuery && sql == "COMMIT":
		c.inTrans = false
	case cmd == protocol.ComResetConnection:
		clear(c.statements)
	}
	if c.inTrans {
		a.Status |= protocol.StatusInTrans
	}
	if cmd == protocol.ComStmtPrepare {
		p.answerPrepare(c, string(payload[1:]), a)
		return
	}
	var s *preparedThere
	var id uint32
	if cmd >= protocol.ComStmtExecute && cmd <= protocol.ComStmtReset || cmd == protocol.ComStmtFetch {
		id = binary.LittleEndian.Uint32(payload[1:])
		if s = c.statements[id]; s == nil && cmd.HasAnswer() {
			a.Error(1243, fmt.Sprintf("Unknown prepared statement handler (%d)", id))
			return
		}
	}
	switch {
	case s == nil:
		tracking(cmd, payload, a)
	case cmd == protocol.ComStmtClose:
		delete(c.statements, id)
	case cmd == protocol.ComStmtSendLongData:
		s.long = append(s.long, payload[7:]...)
	case cmd == protocol.ComStmtExecute:
		s.execute(payload, a)
	case cmd == protocol.ComStmtFetch:
		if !s.cursor {
			a.Error(1421, fmt.Sprintf("The statement (%d) has no open cursor", id))
			return
		}
		s.cursor = false
		a.Row("fetched " + s.text)
		a.Status |= protocol.StatusLastRowSent
		a.End()
	default: // COM_STMT_RESET
		s.long, s.cursor = nil, false
		a.OK()
	}
}

func (p *preparer) answerPrepare(c *preparerConn, sql string, a *mysqltest.Answer) {
	if p.prepare != nil && p.prepare(sql, a) {
		return
	}
	c.next++
	s := &preparedThere{text: sql, params: strings.Count(sql, "?")}
	c.statements[c.next] = s
	a.Packet((&protocol.PrepareOK{StatementID: c.next, Params: uint16(s.params)}).Append(nil, a.Capabilities()))
	for range s.params {
		a.Packet((&protocol.ColumnDefinition{Name: "?"}).Append(nil, a.Capabilities()))
	}
	if s.params > 0 && !a.Capabilities().Has(protocol.ClientDeprecateEOF) {
		a.Packet(protocol.AppendEndOfRows(nil, a.Status, 0, a.Capabilities()))
	}
}

func (s *preparedThere) execute(payload []byte, a *mysqltest.Answer) {
	var values []byte
	if s.params > 0 {
		at := protocol.ExecuteLen + (s.params+7)/8
		values = payload[at+1:]
		if payload[at] != 0 {
			s.types = bytes.Clone(values[:2*s.params])
			values = values[2*s.params:]
		}
		if s.types == nil {
			a.Error(1210, "Incorrect arguments to mysqld_stmt_execute")
			return
		}
		if len(values) == 0 { // the types are kept
			a.Error(1210, "Incorrect arguments to mysqld_stmt_execute")
			return
		}
	}
	if bytes.HasSuffix(values, []byte(refused)) {
		a.Error(1298, "Unknown or incorrect time zone")
		return
	}
	if payload[5]&protocol.CursorReadOnly != 0 {
		s.cursor = true
		a.Status |= protocol.StatusCursorExists
		a.Columns("c")
		return
	}
	if len(values) > 100 {
		values = fmt.Appendf(nil, "%d bytes", len(values))
	}
	a.Rows([]string{"c"}, []string{fmt.Sprintf("%s types %x values %q long %q", s.text, s.types, values, s.long)})
	s.long = nil
}

// mustPrepare prepares a statement.
func mustPrepare(t testing.TB, c *mysqltest.Client, sql string) *mysqltest.Statement {
	t.Helper()
	s, err := c.Prepare(sql)
	if err != nil {
		t.Fatalf("prepare %.100s: %v", sql, err)
	}
	return s
}

// wantRow runs a command that must be answered by a row with this text in it.
func wantRow(t testing.TB, c *mysqltest.Client, cmd protocol.Command, payload []byte, text string) {
	t.Helper()
	results, err := c.Command(cmd, payload...)
	if err != nil {
		t.Fatalf("%v: %v", cmd, err)
	}
	if rows := results[len(results)-1].Rows; len(rows) != 1 || !strings.Contains(string(rows[0]), text) {
		t.Errorf("%v: %q, want %q", cmd, rows, text)
	}
}

// again is an execution without types, with one text.
func again(s *mysqltest.Statement, value string) []byte {
	head := protocol.Execute{StatementID: s.StatementID, Iterations: 1}
	return protocol.AppendLenencBytes(append(head.Append(nil), 0, 0), []byte(value))[1:]
}

// first is an execution with types, with one text.
func first(s *mysqltest.Statement, value string) []byte {
	return s.ExecutePayload(0, []byte(value))[1:]
}
