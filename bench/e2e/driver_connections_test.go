package e2e

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"

	"parkway/bench/proxy"
)

// Many clients at once, each with a connection and a session of its own.
func TestDriverManyConnections(t *testing.T) {
	const clients = 500
	proxied := sides(t)[1]
	db := proxied.open(t, "")
	db.SetMaxIdleConns(clients)
	ctx := proxy.Limited(t, 3*patience)
	var (
		group     sync.WaitGroup
		connected sync.WaitGroup
		mu        sync.Mutex
		ids       = make(map[uint64]bool) // of the server's connections
	)
	connected.Add(clients)
	for i := range clients {
		group.Go(func() {
			c, err := db.Conn(ctx)
			if err == nil {
				defer c.Close()
				_, err = c.ExecContext(ctx, "SET @client = ?", i)
			}
			connected.Done()
			if err != nil {
				t.Error(err)
				return
			}
			// Nobody goes on before all are there.
			connected.Wait()
			var id uint64
			var client int
			if err := c.QueryRowContext(ctx, "SELECT CONNECTION_ID(), @client").Scan(&id, &client); err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			ids[id] = true
			if client != i {
				t.Errorf("client %d is in the session of client %d", i, client)
			}
		})
	}
	group.Wait()
	if len(ids) != clients {
		t.Errorf("%d connections at the server for %d clients that have session state", len(ids), clients)
	}
}

func TestDriverPing(t *testing.T) {
	same(t, func(t *testing.T, s side, seen *transcript) {
		c := s.session(t, "")
		seen.failed("before any statement", c.PingContext(t.Context()))
		play(proxy.Limited(t, patience), c, seen, []step{{"BEGIN", nil}})
		seen.addf("in a transaction: %v", c.PingContext(t.Context()))
	})
}

// A login's refusals, where the proxy speaks for the server: the same codes
// and states, in the proxy's words.
func TestDriverLogin(t *testing.T) {
	tests := []struct {
		name   string
		change func(*mysql.Config)
		code   uint16
		state  string
		says   string
	}{
		{"wrong password", func(c *mysql.Config) { c.Passwd = "wrong" }, 1045, "28000", "Access denied for user 'app'@'127.0.0.1' (using password: YES)"},
		{"no password", func(c *mysql.Config) { c.Passwd = "" }, 1045, "28000", "Access denied for user 'app'@'127.0.0.1' (using password: NO)"},
		{"unknown user", func(c *mysql.Config) { c.User = "nobody" }, 1045, "28000", "Access denied for user 'nobody'@'127.0.0.1' (using password: YES)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, s := range sides(t) {
				config := s.config(t, "")
				test.change(config)
				err := openConfig(t, config).PingContext(proxy.Limited(t, patience))
				var said *mysql.MySQLError
				if !errors.As(err, &said) {
					t.Errorf("%s: %v", s.name, err)
					continue
				}
				// Servers write the client's host as they resolve it.
				text := strings.ReplaceAll(said.Message, "'localhost'", "'127.0.0.1'")
				if said.Number != test.code || string(said.SQLState[:]) != test.state || !strings.Contains(text, test.says) {
					t.Errorf("%s: %v, want %d (%s) %s", s.name, err, test.code, test.state, test.says)
				}
			}
		})
	}
}

// The proxy does not ask a server at the login, so that what is wrong with the
// schema shows with the first statement.
func TestDriverUnknownSchema(t *testing.T) {
	for _, s := range sides(t) {
		config := s.config(t, "")
		config.DBName = "missing"
		_, err := openConfig(t, config).ExecContext(proxy.Limited(t, patience), "DO 1")
		var said *mysql.MySQLError
		if !errors.As(err, &said) || said.Number != 1044 && said.Number != 1049 {
			t.Errorf("%s: %v, want 1044 or 1049", s.name, err)
		}
	}
}

// Attributes of 10 KB take a login past one read of a socket or two.
func TestDriverAttributes(t *testing.T) {
	same(t, func(t *testing.T, s side, seen *transcript) {
		var list []string
		for i := range 100 {
			list = append(list, fmt.Sprintf("key%d:%s", i, strings.Repeat("v", 100)))
		}
		play(proxy.Limited(t, patience), s.session(t, "connectionAttributes="+strings.Join(list, ",")), seen, []step{{"SELECT 1", nil}})
	})
}

func TestDriverUnixSocket(t *testing.T) {
	same(t, func(t *testing.T, s side, seen *transcript) {
		config := s.config(t, "")
		config.Net, config.Addr = "unix", s.socket
		var one int
		seen.failed("unix", openConfig(t, config).QueryRowContext(proxy.Limited(t, patience), "SELECT 1").Scan(&one))
		seen.addf("%d", one)
	})
}
