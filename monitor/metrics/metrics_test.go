package metrics

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// scrape returns the lines that the handler serves, without Go's and the process's own.
func scrape(t *testing.T, m *Metrics) []string {
	t.Helper()
	server := httptest.NewServer(m.Handler())
	defer server.Close()
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(response.Body)
		t.Fatalf("%s: %s", response.Status, body)
	}
	var lines []string
	for s := bufio.NewScanner(response.Body); s.Scan(); {
		if strings.HasPrefix(s.Text(), "parkway_") {
			lines = append(lines, s.Text())
		}
	}
	return lines
}

func TestExport(t *testing.T) {
	m := New(2)
	for i := range 2 {
		l := m.Loop(i)
		for range 5 {
			l.SessionCreated()
		}
		l.SessionClosed()
		l.SessionClosed()
		l.SessionAborted()
		l.SessionRefused()
		l.SessionPanicked()
		l.ClientIn(1)
		l.ClientOut(20)
		l.ServerIn(300)
		l.ServerOut(4000)
		l.Pin("temporary_table")
		l.Kill("ok")
		l.Retry("connect")
		h := l.Hostgroup(10)
		h.Query(50 * time.Microsecond)
		h.Query(3 * time.Second)
		h.Query(time.Hour)
		h.Waiting(3)
		h.Waiting(-1)
		h.WaitTimeout()
		l.RuleHit(10)
		l.RuleHit(30)
		s := h.Server("db1:3306")
		s.ConnectOK()
		s.ConnectError()
		s.Used(2)
		s.Used(-1)
		s.Free(3)
	}
	// A connection opened on one loop and given up to the other.
	m.Loop(0).Hostgroup(10).Server("db1:3306").Free(-4)
	m.Loop(1).Hostgroup(20).Server("/run/\xff.sock").Used(1)
	// A server that has left, and whose last connection is gone; one that is still connected to is the line above.
	gone := m.Loop(1).Hostgroup(20).Server("gone:3306")
	gone.ConnectOK()
	gone.Used(1)
	gone.Used(-1)
	m.Busy(func(loop int) time.Duration { return time.Duration(loop+1) * time.Second })
	m.Status(func() []ServerStatus { return []ServerStatus{{10, "db1:3306", "ONLINE"}, {20, "db1:3306", "SHUNNED"}} })

	m.Rules(func() []int { return []int{10, 20} })

	got := scrape(t, m)
	if slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, `rule_id="30"`) }) {
		t.Error("a rule that is not in force is listed")
	}
	if slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, "gone:3306") }) {
		t.Error("a server that has left is listed")
	}
	for _, want := range []string{
		`parkway_sessions{state="active"} 6`,
		`parkway_sessions_total{result="created"} 10`,
		`parkway_sessions_total{result="aborted"} 2`,
		`parkway_sessions_total{result="refused"} 2`,
		`parkway_session_panics_total 2`,
		`parkway_queries_total{hostgroup="10"} 6`,
		`parkway_queries_total{hostgroup="20"} 0`,
		`parkway_query_seconds_bucket{hostgroup="10",le="5e-05"} 2`,
		`parkway_query_seconds_bucket{hostgroup="10",le="2"} 2`,
		`parkway_query_seconds_bucket{hostgroup="10",le="5"} 4`,
		`parkway_query_seconds_bucket{hostgroup="10",le="10"} 4`,
		`parkway_query_seconds_bucket{hostgroup="10",le="+Inf"} 6`,
		`parkway_query_seconds_sum{hostgroup="10"} 7206.0001`,
		`parkway_query_seconds_count{hostgroup="10"} 6`,
		`parkway_backend_connections{hostgroup="10",server="db1:3306",state="used"} 2`,
		`parkway_backend_connections{hostgroup="10",server="db1:3306",state="free"} 2`,
		`parkway_backend_connections{hostgroup="20",server="/run/?.sock",state="used"} 1`,
		`parkway_backend_connects_total{hostgroup="10",result="ok",server="db1:3306"} 2`,
		`parkway_backend_connects_total{hostgroup="10",result="error",server="db1:3306"} 2`,
		`parkway_backend_status{hostgroup="10",server="db1:3306",status="ONLINE"} 1`,
		`parkway_backend_status{hostgroup="20",server="db1:3306",status="SHUNNED"} 1`,
		`parkway_pool_waiting{hostgroup="10"} 4`,
		`parkway_pool_wait_timeouts_total{hostgroup="10"} 2`,
		`parkway_pins_total{reason="temporary_table"} 2`,
		`parkway_bytes_total{direction="in",side="client"} 2`,
		`parkway_bytes_total{direction="out",side="client"} 40`,
		`parkway_bytes_total{direction="in",side="server"} 600`,
		`parkway_bytes_total{direction="out",side="server"} 8000`,
		`parkway_loop_busy_seconds_total{loop="0"} 1`,
		`parkway_loop_busy_seconds_total{loop="1"} 2`,
		`parkway_kills_total{result="ok"} 2`,
		`parkway_retries_total{reason="connect"} 2`,
		`parkway_query_rule_hits_total{rule_id="10"} 2`,
		`parkway_query_rule_hits_total{rule_id="20"} 0`,
	} {
		if !slices.Contains(got, want) {
			t.Errorf("missing: %s", want)
		}
	}
	if t.Failed() {
		t.Logf("got:\n%s", strings.Join(got, "\n"))
	}
}

// A mistake in one metric (here: a server listed twice) must not cost the others.
func TestExportSurvivesBadStatus(t *testing.T) {
	m := New(1)
	m.Loop(0).SessionCreated()
	m.Status(func() []ServerStatus { return []ServerStatus{{1, "db1", "ONLINE"}, {1, "db1", "ONLINE"}} })
	if got := scrape(t, m); !slices.Contains(got, `parkway_sessions{state="active"} 1`) {
		t.Errorf("got:\n%s", strings.Join(got, "\n"))
	}
}

func TestGoAndProcessMetrics(t *testing.T) {
	families, err := New(1).registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range families {
		names = append(names, f.GetName())
	}
	for _, want := range []string{"go_goroutines", "process_cpu_seconds_total"} {
		if !slices.Contains(names, want) {
			t.Errorf("no %s in %q", want, names)
		}
	}
}

// With every callback set and everything counted once, each metric that is described is exported.
func TestEveryDescriptionIsUsed(t *testing.T) {
	m := New(1)
	l := m.Loop(0)
	l.Pin("p")
	l.Kill("k")
	l.Retry("r")
	l.Hostgroup(1).Server("s")
	m.Busy(func(int) time.Duration { return 0 })
	m.Status(func() []ServerStatus { return []ServerStatus{{1, "s", "ONLINE"}} })
	m.Rules(func() []int { return []int{1} })
	m.Monitor(func() Monitor {
		return Monitor{Checks: []Checks{{"ping", "ok", 1}}, Workers: 2, Queue: 3, Lag: map[string]time.Duration{"s": 4 * time.Second}}
	})
	script := NewScript([]string{"h"}, []string{"ok"})
	script.Call(0, 0)
	script.Took(0, time.Second)
	script.Tag("t")
	m.Scripts(func() ScriptNow {
		return ScriptNow{Loops: []*Script{script}, Hooks: []string{"h"}, SQL: map[string]uint64{"ok": 1}}
	})

	described := make(chan *prometheus.Desc, 100)
	collector{m}.Describe(described)
	close(described)
	metrics := make(chan prometheus.Metric, 100)
	collector{m}.Collect(metrics)
	close(metrics)
	used := make(map[*prometheus.Desc]bool)
	for metric := range metrics {
		used[metric.Desc()] = true
	}
	for d := range described {
		if !used[d] {
			t.Errorf("not exported: %v", d)
		}
		delete(used, d)
	}
	for d := range used {
		t.Errorf("not described: %v", d)
	}
}

func TestExportOfScriptAndMonitor(t *testing.T) {
	m := New(1)
	script := NewScript([]string{"onQuery", "onAuth"}, []string{"ok", "timeout"})
	script.Call(0, 1)
	script.Took(0, 1500*time.Millisecond)
	script.Tag("slow")
	m.Scripts(func() ScriptNow {
		return ScriptNow{
			Loops: []*Script{script}, Hooks: []string{"onQuery", "onAuth"}, Open: []string{"onAuth"}, Workers: 3, Queue: 4, Shared: 500,
			SQL: map[string]uint64{"ok": 6},
		}
	})
	m.Monitor(func() Monitor {
		return Monitor{Checks: []Checks{{"ping", "ok", 7}}, Workers: 8, Queue: 9, Lag: map[string]time.Duration{"db1:3306": 10 * time.Second}}
	})
	got := scrape(t, m)
	for _, want := range []string{
		`parkway_script_calls_total{hook="onQuery",result="timeout"} 1`,
		`parkway_script_seconds_sum{hook="onQuery"} 1.5`,
		`parkway_script_seconds_count{hook="onQuery"} 1`,
		`parkway_script_tagged_total{tag="slow"} 1`,
		`parkway_script_breaker_open{hook="onQuery"} 0`,
		`parkway_script_breaker_open{hook="onAuth"} 1`,
		`parkway_script_workers 3`,
		`parkway_script_queue 4`,
		`parkway_script_shared_bytes 500`,
		`parkway_script_sql_total{result="ok"} 6`,
		`parkway_monitor_checks_total{check="ping",result="ok"} 7`,
		`parkway_monitor_workers 8`,
		`parkway_monitor_queue 9`,
		`parkway_replication_lag_seconds{server="db1:3306"} 10`,
	} {
		if !slices.Contains(got, want) {
			t.Errorf("missing: %s", want)
		}
	}
	if t.Failed() {
		t.Logf("got:\n%s", strings.Join(got, "\n"))
	}
}

func TestLabelsAreBounded(t *testing.T) {
	l := New(1).Loop(0)
	for i := range 10 * maxLabels {
		l.Pin(strings.Repeat("x", i+1))
	}
	l.Pin("x")
	total := make(map[string]uint64)
	addLabelled(total, &l.pins)
	if len(total) != maxLabels+1 || total["x"] != 2 || total["other"] != 9*maxLabels {
		t.Errorf("%d values, x: %d, other: %d", len(total), total["x"], total["other"])
	}
}

func TestPointersStay(t *testing.T) {
	l := New(1).Loop(0)
	h, s := l.Hostgroup(0), l.Hostgroup(0).Server("a")
	for i := range 100 {
		l.Hostgroup(i).Server("a")
		h.Server(strings.Repeat("b", i))
	}
	if l.Hostgroup(0) != h || h.Server("a") != s {
		t.Error("a pointer changed")
	}
}
