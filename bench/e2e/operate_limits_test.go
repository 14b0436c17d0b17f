package e2e

import (
	"strings"
	"testing"

	"parkway/bench/proxy"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// quit ends a client politely and waits until the proxy has closed.
func quit(t *testing.T, c *mysqltest.Client) {
	t.Helper()
	if err := c.WriteCommand(protocol.ComQuit); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ExpectEOF(); err != nil {
		t.Fatal(err)
	}
}

func TestLimitOfClients(t *testing.T) {
	tests := []struct {
		name   string
		change func(*proxy.Config)
		code   uint16
		says   string
		other  uint16 // what another user gets at the limit
	}{
		{
			"of a user", func(c *proxy.Config) { c.Users[0].MaxConnections = 2 },
			protocol.ErrCodeUserLimit, "parkway: User 'app' has exceeded the 'max_connections' resource (current value: 2)", 0,
		},
		{
			"of all", func(c *proxy.Config) { c.Variables["max_connections"] = 2 },
			protocol.ErrCodeTooManyConnections, "parkway: Too many connections (max_connections = 2)", protocol.ErrCodeTooManyConnections,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, s := ownProxy(t, test.change)
			var clients []*mysqltest.Client
			for range 2 {
				c, err := s.connect(t, "app", "app")
				if err != nil {
					t.Fatal(err)
				}
				clients = append(clients, c)
			}
			for range 3 {
				_, err := s.connect(t, "app", "app")
				if codeOf(err) != test.code || !strings.Contains(err.Error(), test.says) {
					t.Errorf("one too many: %v, want %d %s", err, test.code, test.says)
				}
			}
			other, err := s.connect(t, "plain", "plain")
			if codeOf(err) != test.other || test.other == 0 && err != nil {
				t.Errorf("another user: %v, want %d", err, test.other)
			}
			mustQuery(t, clients[0], "DO 1")
			if test.other == 0 {
				if err := other.ChangeUser("app", "app", ""); codeOf(err) != test.code {
					t.Errorf("by COM_CHANGE_USER: %v, want %d", err, test.code)
				}
			}
			quit(t, clients[0])
			// The place is free when the proxy has noticed.
			await(t, "there is a place again", func() bool {
				_, err := s.connect(t, "app", "app")
				return err == nil
			})
			mustQuery(t, clients[1], "DO 1")
			if test.other == 0 {
				return
			}
			metrics, err := p.Metrics(t.Context())
			if got := metrics[`parkway_sessions_total{result="refused"}`]; err != nil || got < 4 {
				t.Errorf("%v sessions refused by the metrics, want 4 or more (%v)", got, err)
			}
		})
	}
}

// A hostgroup whose servers are full makes clients wait, and tells who waited
// too long why.
func TestLimitOfServers(t *testing.T) {
	p, s := ownProxy(t, func(c *proxy.Config) {
		c.Servers[0].MaxConnections = 1
		c.Variables["connect_timeout_server_max_ms"] = 500
	})
	first, err := s.connect(t, "app", "app")
	if err != nil {
		t.Fatal(err)
	}
	mustQuery(t, first, "BEGIN") // which holds the connection
	second, err := s.connect(t, "app", "app")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.Query("DO 1"); err == nil || !strings.Contains(err.Error(), "hostgroup 10") ||
		!strings.Contains(err.Error(), "connect_timeout_server_max_ms") {
		t.Errorf("%v, want an error that names the hostgroup and the time", err)
	}
	if err := second.WriteCommand(protocol.ComQuery, []byte("SELECT 'served'")...); err != nil {
		t.Fatal(err)
	}
	await(t, "the second client waits", func() bool {
		metrics, err := p.Metrics(t.Context())
		return err == nil && metrics[`parkway_pool_waiting{hostgroup="10"}`] == 1
	})
	quit(t, first)
	if results, err := second.ReadAnswer(protocol.ComQuery); err != nil || len(results[0].Rows) != 1 {
		t.Errorf("the second client: %+v, %v", results, err)
	}
	metrics, err := p.Metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{
		`parkway_pool_waiting{hostgroup="10"}`:             0,
		`parkway_pool_wait_timeouts_total{hostgroup="10"}`: 1,
	} {
		if got := metrics[name]; got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}
