package e2e

import (
	"errors"
	"fmt"
	"testing"

	"parkway/bench/proxy"
	"parkway/bench/servers"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// A statement that is too large, for the server or for the proxy: the client, which sends all of it before it reads, is told so each time. A server
// answers in the middle and closes, and a client of its own may find a reset in place of the answer.
func TestRawTooLarge(t *testing.T) {
	cluster := servers.StartT(t, servers.Options{Flavor: currentFlavor(t), Args: []string{"--max-allowed-packet=1M"}})
	for _, shared := range []bool{true, false} {
		cfg := proxy.Behind(cluster)
		cfg.Variables["multiplexing"] = shared
		cfg.Variables["max_allowed_packet"] = 24 << 20
		p := parkway.StartT(t, proxy.Options{Config: cfg})
		for _, test := range []struct {
			whose      string
			size, runs int
		}{{"the server", 2 << 20, 10}, {"the server", 20 << 20, 3}, {"the proxy", 40 << 20, 2}} {
			t.Run(fmt.Sprintf("shared %t, %d MiB, for %s", shared, test.size>>20, test.whose), func(t *testing.T) {
				statement := make([]byte, test.size)
				copy(statement, "SELECT '")
				for range test.runs {
					c := mysqltest.Dial(t, mysqltest.ClientConfig{
						Addr: fmt.Sprintf("%s:%d", p.Host, p.Port), User: "app", Password: "app", Database: "app", Timeout: patience,
					})
					if _, err := c.Query("DO 1"); err != nil {
						t.Fatal(err)
					}
					_, err := c.Command(protocol.ComQuery, statement...)
					var said *protocol.ERR
					if !errors.As(err, &said) || said.Code != protocol.ErrCodePacketTooLarge || said.State != "08S01" {
						t.Fatalf("%v, want error 1153 (08S01)", err)
					}
					c.Close()
				}
			})
		}
	}
}
