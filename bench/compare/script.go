package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"parkway/bench/servers/scratch"
	"parkway/protocol/mysqltest"
)

// The scripts of the targets.
const (
	pureScript    = `function onQuery(q) { if (q.digestText.startsWith("SELECT")) q.route(10) } onQuery.cacheBy = "digest"`
	plainScript   = `function onQuery(q) { if (q.user === "app" && q.sql.startsWith("SELECT")) q.route(10) }`
	besideScript  = `function onQuery(q) { if (q.user === "slow") q.route(10) }` + loginOfSlow
	offloadScript = `async function nap(q) { await sleep(5) } function onQuery(q) { if (q.user === "slow") return offload(nap) }` + loginOfSlow

	// The user slow becomes one that the server knows.
	loginOfSlow = ` function onAuth(conn, auth) { if (auth.user === "slow") auth.become("app") }`
)

// The clients of the user slow: as many statements in both targets, whatever the script does with them.
const (
	slowUser    = "slow"
	slowClients = 8
	slowPause   = 20 * time.Millisecond
)

// writeScript writes a script into a file, which remove removes; no script is the file "".
func writeScript(text string) (file string, remove func(), err error) {
	if text == "" {
		return "", func() {}, nil
	}
	dir, err := scratch.Open("parkway-script-")
	if err != nil {
		return "", nil, err
	}
	file = filepath.Join(dir.Path, "script.js")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return "", nil, errors.Join(err, dir.Close())
	}
	return file, func() { dir.Close() }, nil
}

// keepAsking has the clients of the user slow ask until stop, which says what went wrong.
func keepAsking(addr string) (stop func() error, err error) {
	var clients []*mysqltest.Client
	for range slowClients {
		c, err := mysqltest.Connect(mysqltest.ClientConfig{Addr: addr, User: slowUser, Password: slowUser, Timeout: startLimit})
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
