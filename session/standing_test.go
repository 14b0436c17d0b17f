package session_test

import (
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// A statement that commits and then fails has ended the transaction, though errors tell no status: what the proxy answers itself says so, also
// behind another failure, and says that the next one is open.
func TestStatusBehindFailedCommit(t *testing.T) {
	w, _ := newPreparer(t, func(s *setup) {
		inner := s.server.Handler
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			switch string(payload[1:]) {
			case "TRUNCATE missing":
				a.Error(1146, "no such table")
			case "SELECT missing":
				a.Error(1054, "no such column")
			default:
				inner(cmd, payload, a)
			}
		}
	})
	a, b := w.dial(), w.dial()
	st := mustPrepare(t, a, "SELECT 'x'")
	mustQuery(t, b, "BEGIN") // takes the connection that has the statement
	mustQuery(t, a, "BEGIN")
	reset := func() protocol.StatusFlags {
		t.Helper()
		results, err := a.Command(protocol.ComStmtReset, first(st, "")[:4]...)
		if err != nil {
			t.Fatal(err)
		}
		return results[0].OK.Status & protocol.StatusInTrans
	}
	if reset() == 0 {
		t.Error("no transaction is open behind BEGIN")
	}
	for _, sql := range []string{"TRUNCATE missing", "SELECT missing"} {
		if _, err := a.Query(sql); err == nil {
			t.Fatalf("%s succeeded", sql)
		}
		if reset() != 0 {
			t.Errorf("a transaction is open behind %s", sql)
		}
	}
	mustQuery(t, a, "BEGIN")
	if reset() == 0 {
		t.Error("no transaction is open behind another BEGIN")
	}
}
