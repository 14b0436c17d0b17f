package session_test

import (
	"strings"
	"testing"
	"time"

	"parkway/config"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// "Max connect timeout reached without a reason (1241, 1347)": who waits in vain reads who has the connections, of all loops, and the log lists them.
func TestWaitInVainIsExplained(t *testing.T) {
	var settings config.MySQLVariables
	asleep, answer := make(chan struct{}), make(chan struct{})
	w := newWorld(t, func(s *setup) {
		tracked(s)
		s.loops, s.places = 2, 3
		settings = s.settings
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			switch string(payload[1:]) {
			case "BEGIN":
				a.Status |= protocol.StatusInTrans
				a.OK()
			case "SELECT SLEEP(1)":
				close(asleep)
				<-answer
				a.OK()
			default:
				tracking(cmd, payload, a)
			}
		}
	})
	a, b, c, d := w.dial(), w.dial(), w.dial(), w.dial()
	mustQuery(t, a, "BEGIN")
	mustQuery(t, b, "CREATE TEMPORARY TABLE t (a INT)")
	slept := make(chan error, 1)
	go func() {
		_, err := c.Query("SELECT SLEEP(1)")
		slept <- err
	}()
	<-asleep
	settings.ConnectTimeoutServerMax = 20 * time.Millisecond
	w.Apply(&settings, w.Users(), nil)
	for range 2 { // the second reads the answer to the first
		_, err := d.Query("SELECT 1")
		wantERR(t, err, protocol.ErrCodeNoBackend, "parkway: no server of hostgroup 1 can be used: 1 at max_connections; waited ")
		wantERR(t, err, protocol.ErrCodeNoBackend,
			" ms (connect_timeout_server_max_ms); of 3 connections 2 are kept by their clients (temporary_table 1, transaction 1) and 1 run statements; 0 more clients wait")
	}
	w.wantLogged("clients wait in vain for a connection", 1)
	for _, part := range []string{
		`"waiting":0,"connections":3,`, `"status":"ONLINE","connections":3,"max_connections":3`, `"kept":2,"running":1,"reasons":{"temporary_table":1,"transaction":1}`,
		`"longest":[{"session":`, `"user":"app"`, `"reason":"transaction","quiet_ms":`, `"transaction_ms":`,
	} {
		if !strings.Contains(w.log.String(), part) {
			t.Errorf("the log lacks %s: %s", part, w.log)
		}
	}
	close(answer)
	if err := <-slept; err != nil {
		t.Error(err)
	}
}

// A client that leaves while loops are asked what to tell it leaves nothing behind.
func TestExplainedClientsLeave(t *testing.T) {
	var settings config.MySQLVariables
	w := newWorld(t, func(s *setup) {
		tracked(s)
		s.loops, s.places = 2, 1
		settings = s.settings
	})
	holder := w.dial()
	mustQuery(t, holder, "CREATE TEMPORARY TABLE t (a INT)")
	settings.ConnectTimeoutServerMax = time.Millisecond
	w.Apply(&settings, w.Users(), nil)
	for i := range 50 {
		c := w.dial()
		if err := c.WriteCommand(protocol.ComQuery, []byte("SELECT 1")...); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			c.Close()
			continue
		}
		_, err := c.ReadAnswer(protocol.ComQuery)
		wantERR(t, err, protocol.ErrCodeNoBackend, "of 1 connections 1 are kept by their clients (temporary_table 1)")
		c.Close()
	}
	w.waitSessions(1)
	mustQuery(t, holder, "SELECT 1")
}
