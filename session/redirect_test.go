package session_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

const readOnlyText = "The MariaDB server is running with the --read-only option so it cannot execute this statement"

// switching is a pairWorld whose writer can be made read-only without that anybody knows: it refuses statements then.
type switching struct {
	*pairWorld
	readOnly atomic.Bool
	looks    chan string // servers that are to be asked for their read_only
}

// newSwitching starts one; handler is what the servers do otherwise.
func newSwitching(t *testing.T, handler func() mysqltest.Handler, change func(*setup)) *switching {
	t.Helper()
	w := &switching{looks: make(chan string, 100)}
	w.pairWorld = newPairWorld(t, change)
	for i, s := range []*mysqltest.Server{w.server, w.other} {
		answer := handler()
		s.Change(func(c *mysqltest.ServerConfig) {
			c.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
				text := string(payload[1:])
				if writes := strings.HasPrefix(text, "INSERT") || strings.Contains(text, "; INSERT") || strings.HasPrefix(text, "CALL") || cmd == protocol.ComStmtExecute; i == 0 && writes && w.readOnly.Load() {
					a.Error(protocol.ErrCodeOptionPrevents, readOnlyText)
					return
				}
				answer(cmd, payload, a)
			}
		})
	}
	w.hostgroups.HurryBy(func(name string) { w.looks <- name })
	return w
}

// look waits until the writer is to be asked for its read_only.
func (w *switching) look() {
	w.t.Helper()
	select {
	case name := <-w.looks:
		if name != w.server.Addr() {
			w.t.Errorf("%s is to be asked", name)
		}
	case <-time.After(patience):
		w.t.Fatal("nobody is to be asked")
	}
}

// run begins something that ends with an error or none.
func run(f func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return done
}

// query is a text, for run.
func query(c *mysqltest.Client, sql string) func() error {
	return func() error {
		_, err := c.Query(sql)
		return err
	}
}

// countOf counts the commands of a kind, with this text in them, that a server got.
func countOf(s *mysqltest.Server, cmd protocol.Command, text string) (n int) {
	for _, c := range s.Commands() {
		if c.Command == cmd && strings.Contains(string(c.Payload), text) {
			n++
		}
	}
	return n
}

// A write that the old writer refuses, before anybody knows that it is read-only, waits for the next one, and the client notices nothing. What
// LAST_INSERT_ID() returned before goes along.
func TestRefusedWriteGoesToTheNextWriter(t *testing.T) {
	handler := func() mysqltest.Handler {
		answer := statuses()
		return func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			switch text := string(payload[1:]); text {
			case "INSERT 1":
				a.OKPacket(protocol.OK{AffectedRows: 1, InsertID: 7, Status: a.Status})
			case "SELECT FOUND_ROWS(), LAST_INSERT_ID()":
				a.Rows([]string{"a", "b"}, []string{"1", "7"})
			default:
				answer(cmd, payload, a)
			}
		}
	}
	w := newSwitching(t, handler, nil)
	c := w.dial()
	mustQuery(t, c, "INSERT 1")
	w.readOnly.Store(true)
	first, second := run(query(c, "INSERT 2")), run(query(w.dial(), "INSERT 3"))
	w.look()
	w.look()
	w.says(w.server, true)
	select {
	case err := <-first:
		t.Fatalf("there is no writer, and the statement was answered: %v", err)
	default:
	}
	w.says(w.other, false)
	for _, done := range []<-chan error{first, second} {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	for _, text := range []string{"INSERT 2", "INSERT 3"} {
		if countOf(w.server, protocol.ComQuery, text) != 1 || countOf(w.other, protocol.ComQuery, text) != 1 {
			t.Errorf("%s: %q, then %q", text, queries(w.server), queries(w.other))
		}
	}
	if n := countOf(w.other, protocol.ComQuery, "7"); n != 1 {
		t.Errorf("LAST_INSERT_ID() did not go along: %q %q", queries(w.server), queries(w.other))
	}
	if got := w.metric(`parkway_retries_total{reason="writer"}`); got != "2" {
		t.Errorf("%s statements were sent again", got)
	}
	mustQuery(t, c, "INSERT 4")
}

// So does the execution of a prepared statement, with its long data.
func TestRefusedExecutionGoesToTheNextWriter(t *testing.T) {
	base := uint32(0)
	w := newSwitching(t, func() mysqltest.Handler {
		base += 5000
		return (&preparer{conns: map[uint32]*preparerConn{}, base: base}).answer
	}, nil)
	c := w.dial()
	s := mustPrepare(t, c, "INSERT ?")
	wantRow(t, c, protocol.ComStmtExecute, first(s, "one"), `values "\x03one"`)
	if err := s.SendLongData(0, []byte("long")); err != nil {
		t.Fatal(err)
	}
	w.readOnly.Store(true)
	w.says(w.other, false) // so that the statement need not wait once it is known
	w.hostgroups.SeePing(w.other.Addr(), errors.New("no answer"))
	for len(w.looks) > 0 { // The others of the pair are asked when one falls silent.
		<-w.looks
	}
	done := run(func() error {
		results, err := c.Command(protocol.ComStmtExecute, first(s, "")...)
		if err == nil && !strings.Contains(string(results[0].Rows[0]), `long "long"`) {
			err = fmt.Errorf("%q", results[0].Rows)
		}
		return err
	})
	w.look()
	w.hostgroups.SeePing(w.other.Addr(), nil)
	w.says(w.server, true)
	if err := <-done; err != nil {
		t.Error(err)
	}
	w.readOnly.Store(false)
	w.says(w.server, false)
	w.hostgroups.SeePing(w.other.Addr(), errors.New("no answer"))
	wantRow(t, c, protocol.ComStmtExecute, again(s, "two"), `values "\x03two" long ""`)
}

// A server that says that it is writable has the statement again; the client reads what it says when it refuses for the third time.
func TestWriterRefusesAndIsWritable(t *testing.T) {
	w := newSwitching(t, statuses, nil)
	w.readOnly.Store(true)
	c := w.dial()
	done := run(query(c, "INSERT 1"))
	w.look()
	w.says(w.server, false)
	w.look()
	w.says(w.server, false)
	wantERR(t, <-done, protocol.ErrCodeOptionPrevents, readOnlyText)
	if n := countOf(w.server, protocol.ComQuery, "INSERT 1"); n != 1+2 {
		t.Errorf("the statement was sent %d times", n)
	}
	// One that is not read-only any more does it.
	done = run(query(c, "INSERT 2"))
	w.look() // of the refusal that the client read
	w.look()
	w.readOnly.Store(false)
	w.says(w.server, false)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Nobody says anything about the server, and the client reads what it has said; so does one whose statement is part of a transaction, or may
// have run in part, or where the monitor has no answer.
func TestRefusedWriteIsTold1290(t *testing.T) {
	w := newSwitching(t, statuses, func(s *setup) { s.settings.ConnectTimeoutServerMax = brief })
	c, transaction := w.dial(), w.dial()
	mustQuery(t, transaction, "BEGIN")
	w.readOnly.Store(true)
	for _, test := range []struct {
		client *mysqltest.Client
		sql    string
		wait   bool
	}{
		{c, "INSERT 1", true}, {transaction, "INSERT 1", false}, {c, "CALL p()", false}, {c, "SELECT 1; INSERT 2", false},
	} {
		begun := time.Now()
		_, err := test.client.Query(test.sql)
		wantERR(t, err, protocol.ErrCodeOptionPrevents, readOnlyText)
		if waited := time.Since(begun) >= brief; waited != test.wait {
			t.Errorf("%s: waited %v", test.sql, waited)
		}
	}
	mustQuery(t, transaction, "COMMIT")
	if n := countOf(w.server, protocol.ComQuery, "INSERT 1"); n != 2 {
		t.Errorf("the statement was sent %d times", n)
	}
	mustQuery(t, c, "SELECT 1")
}

// Whoever waits for the monitor's word can be killed, hang up, and is sent away when the proxy stops.
func TestWaitForTheMonitorsWordEnds(t *testing.T) {
	w := newSwitching(t, statuses, nil)
	w.readOnly.Store(true)
	killed, gone, stopped, judge := w.dial(), w.dial(), w.dial(), w.dial()
	var waiting []<-chan error
	for _, c := range []*mysqltest.Client{killed, gone, stopped} {
		waiting = append(waiting, run(query(c, "INSERT 1")))
		w.look()
	}
	w.turns()
	mustQuery(t, judge, fmt.Sprintf("KILL QUERY %d", id(killed)))
	wantERR(t, <-waiting[0], protocol.ErrCodeQueryInterrupted, "parkway: Query execution was interrupted")
	gone.Close()
	<-waiting[1]
	w.waitSessions(3)
	judge.Close()
	w.waitSessions(2)
	w.BeginDrain()
	w.Drain(t.Context())
	wantERR(t, <-waiting[2], protocol.ErrCodeServerShutdown, "parkway: server shutdown in progress")
}
