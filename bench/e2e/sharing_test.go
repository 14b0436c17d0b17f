package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/protocol/mysqltest"
)

const (
	sharers     = 16 // clients
	sharedLimit = 2  // connections for all of them
)

// sharingProxy is a proxy whose clients share so many connections, and wait no
// longer than that shows.
func sharingProxy(t *testing.T, limit int, change func(*proxy.Config)) (*proxy.Proxy, side) {
	t.Helper()
	return ownProxy(t, func(c *proxy.Config) {
		c.Loops = 2
		c.Servers[0].MaxConnections = limit
		c.Variables["multiplexing"] = true
		c.Variables["connect_timeout_server_max_ms"] = 5000
		if change != nil {
			change(c)
		}
	})
}

// dialSharers are clients that stay connected.
func dialSharers(t *testing.T, s side, n int) []*mysqltest.Client {
	t.Helper()
	clients := make([]*mysqltest.Client, n)
	for i := range clients {
		var err error
		if clients[i], err = s.connect(t, "app", "app"); err != nil {
			t.Fatal(err)
		}
	}
	return clients
}

// value is what a statement with one row and one column answers.
func value(t *testing.T, c *mysqltest.Client, sql string) string {
	t.Helper()
	v, err := c.Value(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// "Multiplexing lost for ever after one @x (1250, 1807)": clients that have set
// user variables go on sharing, and each reads its own.
func TestMultiplexingSurvivesUserVariables(t *testing.T) {
	_, s := sharingProxy(t, sharedLimit, nil)
	clients := dialSharers(t, s, sharers)
	for i, c := range clients {
		mustQuery(t, c, fmt.Sprintf("SET @x=%d, @name='client %[1]d'", i))
	}
	for range 3 {
		for i, c := range clients {
			if got, want := value(t, c, "SELECT CONCAT(@x, ' ', @name)"), fmt.Sprintf("%d client %[1]d", i); got != want {
				t.Fatalf("client %d reads %q, want %q", i, got, want)
			}
		}
	}
	// What is taken back is gone.
	mustQuery(t, clients[0], "SET @x=NULL")
	value(t, clients[1], "SELECT @x")
	if got := value(t, clients[0], "SELECT COALESCE(@x, 'none')"); got != "none" {
		t.Errorf("after SET @x=NULL it is %s", got)
	}
}

// unusualSETs are such as proxies that parse SET do not understand.
var unusualSETs = []string{
	"SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')",
	"SET sql_mode=(SELECT REPLACE(@@sql_mode, 'ANSI_QUOTES', 'PIPES_AS_CONCAT'))",
	"set @@session . time_zone := '+0' '2:00'",
	"SET group_concat_max_len = 4096 + 1",
	"SET @keep := 'kept', @more = 15",
	"SET NAMES 'latin1' COLLATE latin1_german1_ci, SESSION sql_select_limit=500",
	"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
	"SET /* why */ max_sp_recursion_depth # because\n=\t17",
	"SET LOCAL sql_safe_updates = ON, lock_wait_timeout = DEFAULT",
}

// shownVariables are what those set.
const shownVariables = "SELECT CONCAT_WS('|', @@sql_mode, @@time_zone, @@group_concat_max_len, @@character_set_client, " +
	"@@collation_connection, @@sql_select_limit, @@max_sp_recursion_depth, @@sql_safe_updates, @@lock_wait_timeout)"

// "SET parsing pins then fails sessions (2522, 4956)": whatever a SET looks
// like, the session goes on, has what it set, and shares.
func TestMultiplexingSurvivesUnusualSETs(t *testing.T) {
	_, s := sharingProxy(t, sharedLimit, nil)
	straight, err := sides(t)[0].connect(t, "app", "app")
	if err != nil {
		t.Fatal(err)
	}
	untouched := value(t, straight, shownVariables)
	mustQuery(t, straight, unusualSETs...)
	want := value(t, straight, shownVariables)
	clients := dialSharers(t, s, sharers)
	for i, c := range clients {
		if i%2 == 0 {
			mustQuery(t, c, unusualSETs...)
		}
	}
	for range 2 {
		for i, c := range clients {
			expected := untouched
			if i%2 == 0 {
				expected = want
			}
			if got := value(t, c, shownVariables); got != expected {
				t.Fatalf("client %d reads\n%s, directly\n%s", i, got, expected)
			}
		}
	}
}

// "One lock guards the whole pool; 100 ms polling instead of a queue": who waits
// for a connection gets it when it is given back, from whichever loop.
func TestPoolHandsOverWithoutPolling(t *testing.T) {
	_, s := sharingProxy(t, 1, nil)
	clients := dialSharers(t, s, 8)
	const turns = 50
	begun := time.Now()
	var running sync.WaitGroup
	for _, c := range clients {
		running.Go(func() {
			for range turns {
				if _, err := c.Query("DO 1"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	running.Wait()
	each := time.Since(begun) / time.Duration(turns*len(clients))
	t.Logf("%v for each query", each)
	if each > 10*time.Millisecond { // a tenth of a poll
		t.Errorf("each query took %v with its wait for its turn", each)
	}
}

// What init_connect sets holds for every session that sets nothing else, also
// after others and after the connection was reset.
func TestInitConnect(t *testing.T) {
	var config proxy.Config
	p, s := sharingProxy(t, sharedLimit, func(c *proxy.Config) {
		c.Variables["connection_reset_after_queries"] = 3
		c.Variables["init_connect"] = "SET group_concat_max_len=5000, @boss=7; SET SESSION sql_select_limit=99"
		config = *c
	})
	const shown = "SELECT CONCAT_WS('|', @@group_concat_max_len, @@sql_select_limit, @boss, COALESCE(@own, 'none'))"
	clients := dialSharers(t, s, 4)
	mustQuery(t, clients[0], "SET sql_select_limit=10, @own='mine', @boss=8")
	for range 5 {
		for i, c := range clients {
			want := "5000|99|7|none"
			if i == 0 {
				want = "5000|10|8|mine"
			}
			if got := value(t, c, shown); got != want {
				t.Fatalf("client %d reads %s, want %s", i, got, want)
			}
		}
	}
	// A bad one is said to the client and in the log, and mended by a reload.
	put := func(init string) {
		config.Variables["init_connect"] = init
		if err := p.WriteConfig(config); err != nil {
			t.Fatal(err)
		}
		reload(t, p, "configuration reloaded")
	}
	put("SET no_such_variable=1")
	_, err := clients[1].Query("SELECT 1")
	if codeOf(err) != 1193 || !strings.Contains(err.Error(), "init_connect") {
		t.Errorf("a bad init_connect: %v", err)
	}
	if !strings.Contains(p.Log(), "backend connection cannot be prepared") {
		t.Error("the log does not say so")
	}
	put("SET group_concat_max_len=6000")
	if got := value(t, clients[1], shown); !strings.HasPrefix(got, "6000|") {
		t.Errorf("after the reload: %s", got)
	}
}
