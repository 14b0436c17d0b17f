package hostile

import (
	"bytes"
	"net"
	"slices"
	"testing"

	"parkway/bench/proxy"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

const (
	vanishing   = 100 // clients at once
	rounds      = 10
	vanishLimit = 20 // max_connections of their server: most of them wait
)

// awaited is a statement that the silent server answers.
const awaited = "SELECT answer"

// Clients that are suddenly gone, whatever they were doing, leave nothing
// behind: neither connections to the server nor places in its budget.
func TestClientsThatVanish(t *testing.T) {
	silent := newRawServer(t, packets(func(p peer) {
		ok := p.login()
		for ok {
			var command []byte
			if command, ok = p.read(); ok && string(command[1:]) == awaited {
				p.sendOK(1)
			}
		}
	}))
	cfg := behindSound(t)
	addServer(t, &cfg, "scripted", silent.addr(), vanishLimit)
	cfg.Variables["ping_interval_server_msec"] = 500 // ends a connection that a client had left unused: nobody answers
	p := parkway.StartT(t, proxy.Options{Config: cfg})
	before := measure(t, p)
	w := observe(t, p)
	login := response("scripted", 0)
	query := slices.Concat(login, command(protocol.ComQuery, []byte("SELECT nothing")...))
	// A literal: 64 KiB of single tokens, which the proxy looks at, take the race detector 10 ms.
	upload := slices.Concat(login, []byte{0xff, 0xff, 0x0f, 0, byte(protocol.ComQuery)}, []byte("SELECT '"), bytes.Repeat([]byte("x"), 300<<10))
	for range rounds {
		conns := make([]net.Conn, vanishing)
		gang(20, vanishing, func(i int) {
			c, err := net.DialTimeout("tcp", p.Addr, patience)
			if err != nil {
				t.Error(err)
				return
			}
			conns[i] = c
			said := [][]byte{login[:i%len(login)], login, query, upload}[i%4]
			if _, err := c.Write(said); err != nil {
				t.Error(err)
			}
		})
		if t.Failed() {
			return
		}
		await(t, "the server is full", func() bool { return silent.connections() >= vanishLimit })
		for _, c := range conns {
			reset(t, c)
		}
		await(t, "the server's connections closed", func() bool { return silent.connections() <= 1 }) // that for kills
	}
	w.check(t)
	before.withKills().settled(t, p)

	// The whole budget is there again.
	clients := make([]*mysqltest.Client, vanishLimit)
	for i := range clients {
		clients[i] = mysqltest.Dial(t, as("scripted", p))
		if _, err := clients[i].Query(awaited); err != nil {
			t.Fatalf("client %d of %d: %v", i, vanishLimit, err)
		}
	}
	for _, c := range clients {
		c.Close()
	}
	before.withKills().settled(t, p)
}
