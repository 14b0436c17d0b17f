package reactor

import (
	"io"
	"net"
	"testing"
)

func TestEcho(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			g := newGroup(t, Config{Loops: 2, Pin: true})
			addr := "127.0.0.1:0"
			if network == "unix" {
				addr = "unix:" + t.TempDir() + "/s"
			}
			closed := make(chan error, 1)
			err := g.Listen(addr, func(c *Conn) error {
				c.SetHandler(&funcs{data: echo, closed: func(_ *Conn, err error) { closed <- err }})
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			start(t, g)
			c, err := net.Dial(network, g.Addrs()[0].String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			write(t, c, "hello")
			if got := readFull(t, c, 5); string(got) != "hello" {
				t.Errorf("got %q", got)
			}
			c.Close()
			if err := get(t, closed); err != io.EOF {
				t.Errorf("closed with %v", err)
			}
		})
	}
}
