package monitor

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"parkway/hostgroup"
	"parkway/monitor/check"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// A check is worth a line when it begins to fail, fails in another way or succeeds again, in whatever words; but only the pings of a server that
// is away.
func TestWorthALine(t *testing.T) {
	const ping, readOnly = check.Ping, check.ReadOnly
	ok := check.Result{}
	timeout := check.Result{Outcome: check.Timeout, Err: errors.New("no answer within 1s")}
	reset := check.Result{Outcome: check.Unreachable, Err: errors.New("read tcp 127.0.0.1:1->127.0.0.1:2: reset")}
	denied := check.Result{Outcome: check.Refused, Err: &mysql.MySQLError{Number: 1045}}
	full := check.Result{Outcome: check.Refused, Err: &mysql.MySQLError{Number: 1226}}
	for _, test := range []struct {
		name  string
		kinds []check.Kind
		said  []check.Result
		want  string // a letter for each: y, n
	}{
		{"one that fails alone", []check.Kind{ping, readOnly, readOnly, ping, readOnly, readOnly}, []check.Result{ok, timeout, reset, ok, ok, ok}, "nynnyn"},
		{"one that is refused", []check.Kind{readOnly, readOnly, readOnly, readOnly}, []check.Result{denied, denied, full, ok}, "ynyy"},
		{"a server that is away", []check.Kind{ping, readOnly, ping, readOnly, ping, readOnly}, []check.Result{reset, timeout, timeout, reset, ok, ok}, "ynnnyn"},
		{"a server that goes", []check.Kind{readOnly, ping, readOnly, ping, readOnly}, []check.Result{timeout, timeout, reset, ok, ok}, "yynyy"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, got := &server{}, ""
			for i, r := range test.said {
				r.Kind = test.kinds[i]
				got += map[bool]string{true: "y", false: "n"}[s.note(&r)]
			}
			if got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

// A server that answers pings and nothing about its replication: the log says so, and that it counts as a lag.
func TestLagCheckWithoutAnswer(t *testing.T) {
	mysqltest.CheckLeaks(t)
	s := replica(t)
	s.Change(func(c *mysqltest.ServerConfig) {
		c.Queries["SHOW ALL SLAVES STATUS"] = func(_ protocol.Command, _ []byte, a *mysqltest.Answer) { a.Stall() }
	})
	w := newWorld(t, s)
	w.set.MonitorPingInterval, w.set.MonitorReadOnlyInterval = 5*time.Millisecond, 5*time.Millisecond
	w.set.MonitorReplicationLagInterval, w.set.MonitorReplicationLagTimeout = 30*time.Millisecond, 10*time.Millisecond
	w.Configure(&w.set)
	w.monitor.Apply(&w.set)
	w.waitLog("its replication lag is not known")
	w.waitLog(`"check":"replication_lag","error":"no answer within 10ms"`)
	if n := strings.Count(w.log.String(), `"check":"replication_lag"`); n != 1 {
		t.Errorf("%d lines: %s", n, w.log.String())
	}
	lagging := false
	for _, m := range w.Table().Named(s.Addr()) {
		status, _ := m.Status()
		lagging = lagging || status == hostgroup.ShunnedReplicationLag
	}
	if !lagging {
		t.Error("it is in use")
	}
}
