package session_test

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"parkway/monitor/kill"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// newForgetfulPair is a pair whose servers number what is inserted and die at texts with a comment that says so. Their other texts are kept
// in the order of their coming.
func newForgetfulPair(t *testing.T) *pair {
	p := newPair(t, nil, nil)
	for _, s := range []*mysqltest.Server{p.first, p.second} {
		s.Change(func(c *mysqltest.ServerConfig) {
			c.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
				const open = protocol.StatusAutocommit | protocol.StatusInTrans
				switch text := string(payload[1:]); {
				case strings.Contains(text, "/*break*/"):
					a.Die()
				case text == "BEGIN":
					a.OKPacket(protocol.OK{Status: open})
				default:
					remembering(cmd, payload, a)
				}
			}
		})
	}
	return p
}

// killAll ends all connections to the servers, and returns when the proxy knows.
func (p *pair) killAll() {
	p.first.KillAll()
	p.second.KillAll()
	p.waitBackends(0)
}

// What a client may still ask about its last statements does not cost it its session when the server is lost: LAST_INSERT_ID() is what the
// client was told then.
func TestLostWhileItLingersForTheInsertID(t *testing.T) {
	for _, test := range []struct {
		name  string
		first []string
		lose  string // the statement that the server dies at; "": it dies with nothing under way
		hint  bool   // that statement may have run
		id    string // that the next connection is told; "": none, which is 0 on a new one
	}{
		{"idle", []string{"INSERT 1"}, "", false, "40"},
		{"at a write", []string{"INSERT 1"}, "INSERT /*break*/ 2", true, "40"},
		{"at a statement that asks for what nobody knows", []string{"INSERT 1", "CALL p()"}, "SELECT /*break*/ LAST_INSERT_ID()", true, ""},
		{"at a routine", []string{"INSERT 1"}, "CALL /*break*/ p()", true, "40"},
		{"behind a routine", []string{"INSERT 1", "CALL p()"}, "", false, ""},
		{"behind a routine and an insertion", []string{"CALL p()", "INSERT 1"}, "", false, "40"},
		{"behind other statements", []string{"INSERT 1", "DO 1", "warn"}, "", false, "40"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newForgetfulPair(t)
			c := p.dial()
			for _, sql := range test.first {
				mustQuery(t, c, sql)
			}
			if test.lose == "" {
				p.killAll()
			} else {
				_, err := c.Query(test.lose)
				wantERR(t, err, protocol.ErrCodeNetRead, "parkway: answer of ")
				if strings.Contains(err.Error(), "may have run") != test.hint {
					t.Errorf("%v", err)
				}
			}
			mustQuery(t, p.dial(), "INSERT of another")
			mustQuery(t, c, "SELECT 'lost' = LAST_INSERT_ID()")
			told := p.count("SET last_insert_id=")
			if test.id == "" && told != 0 || test.id != "" && (told != 1 || p.count("SET last_insert_id="+test.id) != 1) {
				t.Errorf("the connection was told %d times, or something else", told)
			}
			if n := p.count("'lost'"); n != 1 {
				t.Errorf("it was asked %d times", n)
			}
		})
	}
}

// A read that asks for a number that the client was told is repeated like others.
func TestReadOfAKnownInsertIDIsRepeated(t *testing.T) {
	p := newForgetfulPair(t)
	var died atomic.Bool
	for _, s := range []*mysqltest.Server{p.first, p.second} {
		s.Change(func(c *mysqltest.ServerConfig) {
			next := c.Handler
			c.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
				if strings.Contains(string(payload), "/*once*/") && died.CompareAndSwap(false, true) {
					a.Die()
					return
				}
				next(cmd, payload, a)
			}
		})
	}
	c := p.dial()
	mustQuery(t, c, "INSERT 1")
	mustQuery(t, c, "SELECT /*once*/ LAST_INSERT_ID()")
	p.wantRetries("read", "1")
	if n := p.count("SET last_insert_id=40"); n != 1 {
		t.Errorf("the connection was told %d times", n)
	}
}

// With state that ends the session, the client still reads whether its statement may have run: not if it is undone with its transaction.
func TestLostStatementSaysWhetherItMayHaveRun(t *testing.T) {
	for _, test := range []struct {
		before, lose string
		hint         bool
	}{
		{"CREATE TEMPORARY TABLE t (a INT)", "INSERT /*break*/ 1", true},
		{"CREATE TEMPORARY TABLE t (a INT)", "SELECT /*break*/ 1", false},
		{"BEGIN", "INSERT /*break*/ 1", false},
		{"BEGIN", "COMMIT /*break*/", true},
		{"BEGIN", "CREATE TABLE /*break*/ u (a INT)", true},
		{"BEGIN", "CALL /*break*/ p()", true},
	} {
		p := newForgetfulPair(t)
		c := p.dial()
		mustQuery(t, c, test.before)
		_, err := c.Query(test.lose)
		wantERR(t, err, protocol.ErrCodeNetRead, "parkway: answer of ")
		if strings.Contains(err.Error(), "(the statement may have run; it is not repeated)") != test.hint {
			t.Errorf("%s, %s: %v", test.before, test.lose, err)
		}
		wantClose(t, c)
	}
}

// A connection is lost that has nothing of the session yet, not even a status: without autocommit, and while it is new.
func TestLostInPreparationWithoutAutocommit(t *testing.T) {
	p := newPair(t, nil, nil)
	var broken atomic.Int32
	for _, s := range []*mysqltest.Server{p.first, p.second} {
		s.Change(func(c *mysqltest.ServerConfig) {
			c.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
				off := protocol.StateChange{Type: protocol.TrackSystemVariables, Name: []byte("autocommit"), Value: []byte("OFF")}
				switch text := string(payload[1:]); {
				case text == "SET autocommit=0":
					a.OKPacket(protocol.OK{Status: protocol.StatusSessionStateChanged, StateChanges: off.Append(nil)})
				case strings.HasPrefix(text, "SET ") && strings.Contains(text, "autocommit"):
					if broken.Add(1) == 1 {
						a.Die()
						return
					}
					a.OKPacket(protocol.OK{})
				default:
					a.Status &^= protocol.StatusAutocommit
					tracking(cmd, payload, a)
				}
			}
		})
	}
	c := p.dial()
	mustQuery(t, c, "SET autocommit=0")
	p.killAll()
	mustQuery(t, c, "INSERT INTO t VALUES (1)")
	if broken.Load() < 2 {
		t.Errorf("%d connections were prepared", broken.Load())
	}
	if n := p.count("INSERT"); n != 1 {
		t.Errorf("the statement ran %d times", n)
	}
}

// What a client may ask behind a statement that the proxy has ended together with its connection: the number of the INSERT before, which the client
// was told, and that the last statement has failed.
func TestPastOfAStatementThatWasGivenUp(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		tracked(s)
		killable(s)
		s.settings.DefaultQueryTimeout, s.grace = brief, brief
		s.server.Queries = map[string]mysqltest.Handler{"hang": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) { a.Stall() }}
		s.server.Handler = remembering
		s.kills.answer = func(kill.Task) (kill.Result, bool) { return kill.Result{Outcome: kill.Failed}, true }
	})
	c := w.dial()
	mustQuery(t, c, "INSERT 1")
	_, err := c.Query("hang")
	wantERR(t, err, protocol.ErrCodeQueryTimeout, overdue)
	mustQuery(t, c, "SELECT LAST_INSERT_ID(), ROW_COUNT()")
	got := queries(w.server)
	for _, want := range []string{"SET last_insert_id=40", "SELECT LAST_INSERT_ID(), -00000000000000000001 AS `ROW_COUNT()`"} {
		if !slices.Contains(got, want) {
			t.Errorf("the server got %q, not %q", got, want)
		}
	}
}
