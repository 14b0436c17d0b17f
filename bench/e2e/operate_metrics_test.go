package e2e

import (
	"fmt"
	"strings"
	"testing"

	"parkway/bench/proxy"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// The metrics count what happened, no more and no less.
func TestMetrics(t *testing.T) {
	p, s := ownProxy(t, func(c *proxy.Config) { c.Loops = 2 })
	server := fmt.Sprintf("127.0.0.1:%d", shared(t).cluster.Servers[0].Port)
	polite, abrupt := s.mustConnect(t), s.mustConnect(t)
	mustQuery(t, polite, "BEGIN")
	mustQuery(t, abrupt, "BEGIN")
	for range 7 {
		mustQuery(t, polite, "SELECT REPEAT('m', 1000)")
	}
	if _, err := polite.Query("SELECT * FROM missing"); err == nil {
		t.Error("a table that is missing was found")
	}
	statement := prepare(t, abrupt, "SELECT ?")
	if _, err := statement.Execute([]byte("1")); err != nil {
		t.Fatal(err)
	}
	if err := statement.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.connect(t, "app", "wrong"); err == nil {
		t.Error("a wrong password was taken")
	}
	expect(t, p, map[string]float64{
		`parkway_sessions{state="active"}`:                                                             2,
		`parkway_sessions_total{result="created"}`:                                                     3,
		`parkway_sessions_total{result="aborted"}`:                                                     1, // the wrong password
		`parkway_sessions_total{result="refused"}`:                                                     0,
		`parkway_session_panics_total`:                                                                 0,
		`parkway_queries_total{hostgroup="10"}`:                                                        12, // COM_STMT_PREPARE and COM_STMT_EXECUTE are among them
		`parkway_query_seconds_count{hostgroup="10"}`:                                                  12,
		`parkway_pool_waiting{hostgroup="10"}`:                                                         0,
		fmt.Sprintf(`parkway_backend_connections{hostgroup="10",server=%q,state="used"}`, server):      2,
		`parkway_pins_total{reason="transaction"}`:                                                     2,
		fmt.Sprintf(`parkway_backend_connects_total{hostgroup="10",result="ok",server=%q}`, server):    2,
		fmt.Sprintf(`parkway_backend_connects_total{hostgroup="10",result="error",server=%q}`, server): 0,
		fmt.Sprintf(`parkway_backend_status{hostgroup="10",server=%q,status="ONLINE"}`, server):        1,
	})
	metrics, err := p.Metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, least := range map[string]float64{
		`parkway_bytes_total{direction="in",side="client"}`:  200,
		`parkway_bytes_total{direction="out",side="client"}`: 7000,
		`parkway_bytes_total{direction="in",side="server"}`:  7000,
		`parkway_bytes_total{direction="out",side="server"}`: 200,
		`parkway_loop_busy_seconds_total{loop="0"}`:          0,
		`parkway_loop_busy_seconds_total{loop="1"}`:          0,
		`parkway_query_seconds_sum{hostgroup="10"}`:          0,
	} {
		if got, ok := metrics[name]; !ok || got <= least {
			t.Errorf("%s is %v (%t), want more than %v", name, got, ok, least)
		}
	}
	mustQuery(t, polite, "COMMIT")
	mustQuery(t, abrupt, "COMMIT")
	expect(t, p, map[string]float64{
		`parkway_queries_total{hostgroup="10"}`:                                                   14,
		fmt.Sprintf(`parkway_backend_connections{hostgroup="10",server=%q,state="used"}`, server): 0,
		fmt.Sprintf(`parkway_backend_connections{hostgroup="10",server=%q,state="free"}`, server): 2,
	})
	mustQuery(t, abrupt, "BEGIN")
	quit(t, polite)
	abrupt.Close()
	expect(t, p, map[string]float64{
		`parkway_sessions{state="active"}`:                                                        0,
		`parkway_sessions_total{result="created"}`:                                                3,
		`parkway_sessions_total{result="aborted"}`:                                                1,
		fmt.Sprintf(`parkway_backend_connections{hostgroup="10",server=%q,state="used"}`, server): 0,
		fmt.Sprintf(`parkway_backend_connections{hostgroup="10",server=%q,state="free"}`, server): 1, // not that of the transaction
	})
}

func (s side) mustConnect(t *testing.T) *mysqltest.Client {
	t.Helper()
	c, err := s.connect(t, "app", "app")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// expect waits until the metrics have these values: loops count when they get
// to it.
func expect(t *testing.T, p *proxy.Proxy, want map[string]float64) {
	t.Helper()
	var wrong []string
	defer func() {
		if t.Failed() {
			t.Logf("the metrics that differ:\n%s", strings.Join(wrong, "\n"))
		}
	}()
	await(t, "the metrics are right", func() bool {
		wrong = wrong[:0]
		metrics, err := p.Metrics(t.Context())
		if err != nil {
			wrong = append(wrong, err.Error())
		}
		for name, value := range want {
			if got, ok := metrics[name]; !ok || got != value {
				wrong = append(wrong, fmt.Sprintf("%s is %v (%t), want %v", name, got, ok, value))
			}
		}
		return len(wrong) == 0
	})
}

// Clients decide neither what labels there are nor how many.
func TestMetricsAreBounded(t *testing.T) {
	p, s := ownProxy(t, nil)
	c := s.mustConnect(t)
	count := func() int {
		metrics, err := p.Metrics(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for name := range metrics {
			if strings.HasPrefix(name, "parkway_") {
				n++
			}
		}
		return n
	}
	use := func(i int) {
		c.Query(fmt.Sprintf("SELECT * FROM table_%d", i)) // there is none
		c.Command(protocol.Command(i))
	}
	use(0x42)
	before := count()
	for i := range 50 {
		use(0x80 + i)
	}
	if after := count(); after != before {
		t.Errorf("%d time series, %d before", after, before)
	}
}
