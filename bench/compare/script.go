package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"parkway/bench/proxy"
	"parkway/protocol/mysqltest"
)

// What scripts cost: no script beside one that is remembered and one that is asked for each statement; and what other
// clients notice of one client's slow function. All of these share connections: a script has the proxy follow the
// sessions, as multiplexing does.
const (
	unscripted = "parkway-unscripted" // no script
	pure       = "parkway-pure"       // an onQuery that is asked once for each digest
	plain      = "parkway-plain"      // one that is asked each time
	beside     = "parkway-beside"     // a plain one; clients of the user slow beside sysbench's
	offload    = "parkway-offload"    // the same, but for their statements it sleeps 5 ms on the script's pool
)

// scripts are the onQuery of each target.
var scripts = map[string]string{
	unscripted: "",
	pure:       `function onQuery(q) { if (q.digestText.startsWith("SELECT")) q.route(10) } onQuery.cacheBy = "digest"`,
	plain:      `function onQuery(q) { if (q.user === "app" && q.sql.startsWith("SELECT")) q.route(10) }`,
	beside:     `function onQuery(q) { if (q.user === "slow") q.route(10) }` + loginOfSlow,
	offload:    `async function nap(q) { await sleep(5) } function onQuery(q) { if (q.user === "slow") return offload(nap) }` + loginOfSlow,
}

// loginOfSlow makes the user slow one that the server knows.
const loginOfSlow = ` function onAuth(conn, auth) { if (auth.user === "slow") auth.become("app") }`

// The clients of the user slow: as many statements in both targets, whatever the script does with them.
const (
	slowClients = 8
	slowPause   = 20 * time.Millisecond
)

// startScripted starts parkway with the target's script.
func startScripted(ctx context.Context, program *proxy.Binary, name string, s server) (target, error) {
	config := proxy.Config{
		LogLevel:  "warn",
		Variables: map[string]any{"monitor_enabled": false, "multiplexing": true},
		Servers:   []proxy.Server{{Hostgroup: proxy.Primaries, Host: s.host, Port: s.port, MaxConnections: maxConnections}},
		Users: []proxy.User{
			{Name: "app", Password: "app", Hostgroup: proxy.Primaries}, {Name: "slow", Password: "slow", Hostgroup: proxy.Primaries},
		},
	}
	remove := func() {}
	if text := scripts[name]; text != "" {
		dir, err := os.MkdirTemp("", "parkway-script-")
		if err != nil {
			return target{}, err
		}
		remove = func() { os.RemoveAll(dir) }
		file := filepath.Join(dir, "script.js")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			remove()
			return target{}, err
		}
		config.Extra = fmt.Sprintf("[scripting]\nfile = %q\n", file)
	}
	p, err := program.Start(ctx, proxy.Options{Config: config})
	if err != nil {
		remove()
		return target{}, err
	}
	t := target{addr: p.Addr, http: "http://" + p.HTTP, proxy: p, stop: func() {
		_, _ = p.Stop()
		remove()
	}}
	if name == beside || name == offload {
		t.beside = func() (func() error, error) { return keepAsking(p.Addr) }
	}
	return t, nil
}

// keepAsking has the clients of the user slow ask until stop, which says what went wrong.
func keepAsking(addr string) (stop func() error, err error) {
	var clients []*mysqltest.Client
	for range slowClients {
		c, err := mysqltest.Connect(mysqltest.ClientConfig{Addr: addr, User: "slow", Password: "slow", Timeout: startLimit})
		if err != nil {
			for _, c := range clients {
				c.Close()
			}
			return nil, fmt.Errorf("a client beside sysbench's: %w", err)
		}
		clients = append(clients, c)
	}
	over := make(chan struct{})
	errs := make([]error, len(clients))
	var running sync.WaitGroup
	for i, c := range clients {
		running.Go(func() {
			defer c.Close()
			tick := time.NewTicker(slowPause)
			defer tick.Stop()
			for {
				select {
				case <-over:
					return
				case <-tick.C:
				}
				if _, err := c.Query("SELECT 1"); err != nil {
					errs[i] = fmt.Errorf("a client beside sysbench's: %w", err)
					return
				}
			}
		})
	}
	return func() error {
		close(over)
		running.Wait()
		return errors.Join(errs...)
	}, nil
}
