package hostile

import (
	"bufio"
	"bytes"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// A client that sends megabytes of statements ahead gets the answer to each,
// whether there is a server or not.
func TestLongPipelines(t *testing.T) {
	const statements = 3000 // of 1 KiB: more than the proxy keeps of what a client sent
	cfg := behindSound(t)
	cfg.Variables["connect_retries_on_failure"] = 0
	addServer(t, &cfg, "forlorn", mysqltest.ClosedPort(t), 0)
	p := parkway.StartT(t, proxy.Options{Config: cfg})
	for user, first := range map[string]byte{"app": 0, "forlorn": 0xff} {
		t.Run(user, func(t *testing.T) {
			before := measure(t, p)
			w := observe(t, p)
			c := mysqltest.Dial(t, as(user, p))
			statement := command(protocol.ComQuery, append([]byte("DO 1 -- "), bytes.Repeat([]byte("x"), 1000)...)...)
			sent := make(chan error, 1)
			go func() { sent <- c.WriteRaw(bytes.Repeat(statement, statements)) }()
			if err := c.Conn().SetReadDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			in := bufio.NewReader(c.Conn())
			for i := range statements {
				header, err := in.Peek(protocol.HeaderLen + 1)
				if err != nil {
					t.Fatalf("answer %d of %d: %v", i, statements, err)
				}
				length, seq := protocol.Header(header)
				if seq != 1 || header[protocol.HeaderLen] != first {
					t.Fatalf("answer %d begins with % x", i, header)
				}
				if _, err := in.Discard(protocol.HeaderLen + length); err != nil {
					t.Fatalf("answer %d of %d: %v", i, statements, err)
				}
			}
			if err := <-sent; err != nil {
				t.Error(err)
			}
			c.Close()
			w.check(t)
			before.settled(t, p)
		})
	}
}
