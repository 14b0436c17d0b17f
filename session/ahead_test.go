package session_test

import (
	"strings"
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// The last number that a server made is asked for in front of the COMMIT or ROLLBACK behind which others get the connection; refused, behind
// it. The client sees nothing of that.
func TestInsertIDIsAskedForAhead(t *testing.T) {
	const question, behind = "SELECT LAST_INSERT_ID()", "SELECT FOUND_ROWS(), LAST_INSERT_ID()"
	for _, test := range []struct {
		name, insert, end string
		refused, alone    bool
		want              []string // by the server behind insert
	}{
		{"commit", "INSERT 1", "COMMIT", false, false, []string{question, "COMMIT"}},
		{"rollback", "INSERT 1", "ROLLBACK", false, false, []string{question, "ROLLBACK"}},
		{"refused", "INSERT 1", "COMMIT", true, false, []string{question, "COMMIT", behind}},
		{"nobody waits", "INSERT 1", "COMMIT", false, true, []string{"COMMIT", behind}},
		{"nothing to ask", "UPDATE 5 rows", "COMMIT", false, false, []string{"COMMIT"}},
		{"no end", "INSERT 1", "COMMIT AND CHAIN", false, false, []string{question, "COMMIT AND CHAIN", "COMMIT"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			refuse := test.refused
			w := newWorld(t, func(s *setup) {
				tracked(s)
				s.places = 1
				s.settings.ConnectionDelayMultiplex = 0
				s.backend.Down = mysqltest.Direction{Piece: 3}
				s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
					const open = protocol.StatusAutocommit | protocol.StatusInTrans
					switch sql := string(payload[1:]); {
					case sql == "BEGIN", sql == "COMMIT AND CHAIN":
						a.OKPacket(protocol.OK{Status: open})
					case sql == test.insert:
						a.Status = open
						remembering(cmd, payload, a)
					case sql == question && refuse:
						a.Error(1317, "Query execution was interrupted")
					case sql == question:
						a.Rows([]string{question}, []string{"41"})
					default:
						remembering(cmd, payload, a)
					}
				}
			})
			a, b := w.dial(), w.dial()
			mustQuery(t, a, "BEGIN")
			mustQuery(t, a, test.insert)
			other := func() {
				if err := b.WriteCommand(protocol.ComQuery, []byte("other")...); err != nil {
					t.Fatal(err)
				}
			}
			if !test.alone {
				other()
				w.waitMetric(`parkway_pool_waiting{hostgroup="1"}`, "1")
			}
			if got := mustQuery(t, a, test.end); len(got) != 1 || len(got[0].Rows) > 0 {
				t.Errorf("%s: %+v", test.end, got)
			}
			if test.alone {
				other()
			}
			if strings.HasSuffix(test.end, "CHAIN") {
				mustQuery(t, a, "COMMIT")
			}
			if _, err := b.ReadAnswer(protocol.ComQuery); err != nil {
				t.Fatal(err)
			}
			refuse = false
			want := append([]string{"BEGIN", test.insert}, test.want...)
			w.expectTexts(want)
			if test.insert == "INSERT 1" {
				mustQuery(t, a, question) // on a connection that has the number still
				mustQuery(t, b, question)
				w.expectTexts(append(want, question, "SET last_insert_id=0", question))
			}
		})
	}
}

// waitMetric waits until a metric has a value.
func (w *world) waitMetric(name, value string) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); w.metric(name) != value; w.turns() {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s is %q, want %q", name, w.metric(name), value)
		}
	}
}
