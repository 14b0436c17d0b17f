package crowd

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

const patience = 2 * time.Second

// at makes a crowd that goes to addr, as app with the password app.
func at(t *testing.T, addr string) *Crowd {
	t.Helper()
	c, err := New(Config{Target: netip.MustParseAddrPort(addr), User: "app", Password: "app", Patience: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// echo answers "SELECT n" with n.
func echo(cmd protocol.Command, payload []byte, w *mysqltest.Answer) {
	if cmd == protocol.ComQuery {
		w.Rows([]string{"n"}, []string{strings.TrimPrefix(string(payload[1:]), "SELECT ")})
	}
}

func serve(t *testing.T, cfg mysqltest.ServerConfig) *mysqltest.Server {
	cfg.Users = map[string]string{"app": "app"}
	if cfg.Handler == nil {
		cfg.Handler = echo
	}
	return mysqltest.NewServer(t, cfg)
}

func open(t *testing.T, c *Crowd, n int) {
	t.Helper()
	a, err := c.Open(n, n)
	if err != nil {
		t.Fatal(err)
	}
	if a.Opened != n || a.Failed != 0 || len(a.Times) != n || a.Took <= 0 {
		t.Fatalf("of %d clients %d came and %d failed in %v, %d times: %v", n, a.Opened, a.Failed, a.Took, len(a.Times), c.why)
	}
}

func look(t *testing.T, c *Crowd) State {
	t.Helper()
	s, err := c.Look()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// reasons fails the test unless each reason so far has text, and n failed for them.
func reasons(t *testing.T, c *Crowd, n int, text string) {
	t.Helper()
	sum := 0
	for why, count := range c.why {
		if sum += count; !strings.Contains(why, text) {
			t.Errorf("failed %d times: %q, want %q", count, why, text)
		}
	}
	if sum != n {
		t.Errorf("%d failures, want %d: %v", sum, n, c.why)
	}
}

func TestCrowd(t *testing.T) {
	mysqltest.CheckLeaks(t)
	for _, plugin := range []string{"mysql_native_password", "caching_sha2_password"} {
		for _, piece := range []int{0, 1, 3} {
			t.Run(plugin+" in pieces of "+strconv.Itoa(piece), func(t *testing.T) {
				s := serve(t, mysqltest.ServerConfig{Greeting: protocol.Handshake{AuthPlugin: plugin}})
				wire := mysqltest.NewWire(t, mysqltest.WireConfig{Target: s.Addr(), Down: mysqltest.Direction{Piece: piece}})
				c := at(t, wire.Addr())
				open(t, c, 20)
				open(t, c, 10)
				answers, err := c.Ask(Stream{First: 0, Count: 25, Total: 60}, Stream{First: 25, Count: 5, Total: 7, PerSecond: 1000})
				if err != nil {
					t.Fatal(err)
				}
				for i, n := range []int{60, 7} {
					if a := answers[i]; a.Failed != 0 || len(a.Times) != n || slices.Min(a.Times) <= 0 || a.Took < slices.Max(a.Times) {
						t.Errorf("stream %d: %+v, want %d answers: %v", i, a, n, c.why)
					}
				}
				if got := look(t, c); got.Open != 30 || got.Lost != 0 || c.busy != 0 {
					t.Errorf("%+v, %d busy, want 30 open", got, c.busy)
				}
				if err := c.Leave(); err != nil {
					t.Fatal(err)
				}
				s.WaitConnections(t, 0)
				open(t, c, 1)
			})
		}
	}
}

// The queries of a stream come evenly spread, and no earlier than they are due.
func TestPace(t *testing.T) {
	c := at(t, serve(t, mysqltest.ServerConfig{}).Addr())
	open(t, c, 3)
	answers, err := c.Ask(Stream{Count: 3, Total: 21, PerSecond: 200})
	if err != nil {
		t.Fatal(err)
	}
	if took := answers[0].Took; took < 100*time.Millisecond {
		t.Errorf("21 queries at 200 a second took %v", took)
	}
}

func TestRefusedLogin(t *testing.T) {
	s := serve(t, mysqltest.ServerConfig{})
	c := at(t, s.Addr())
	c.account.user = "stranger"
	a, err := c.Open(5, 2)
	if err != nil || a.Failed != 5 || a.Opened != 0 {
		t.Errorf("%+v, %v", a, err)
	}
	reasons(t, c, 5, "logging in: ERROR 1045")
	if got := look(t, c); got.Open != 0 || got.Lost != 0 {
		t.Errorf("%+v: who never came cannot be lost", got)
	}
	s.WaitConnections(t, 0)
}

func TestRefusedAtTheDoor(t *testing.T) {
	full := mysqltest.Fault{Refusal: &protocol.ERR{Code: 1040, Message: "Too many connections"}}
	c := at(t, serve(t, mysqltest.ServerConfig{Fault: full}).Addr())
	if a, err := c.Open(3, 3); err != nil || a.Failed != 3 {
		t.Errorf("%+v, %v", a, err)
	}
	reasons(t, c, 3, "waiting for the greeting: ERROR 1040")
}

func TestNobodyListens(t *testing.T) {
	c := at(t, mysqltest.ClosedPort(t))
	if a, err := c.Open(3, 3); err != nil || a.Failed != 3 {
		t.Errorf("%+v, %v", a, err)
	}
	reasons(t, c, 3, "connection refused")
}

func TestServerGoneWhileQuiet(t *testing.T) {
	s := serve(t, mysqltest.ServerConfig{})
	c := at(t, s.Addr())
	open(t, c, 4)
	s.KillAll()
	s.WaitConnections(t, 0)
	for deadline := time.Now().Add(patience); ; {
		got := look(t, c)
		if got.Lost == 4 && got.Open == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v, want 4 lost", got)
		}
	}
	reasons(t, c, 4, "quiet: ")
	answers, err := c.Ask(Stream{Count: 4, Total: 9})
	if err != nil || answers[0].Failed != 9 {
		t.Errorf("asked when all are gone: %+v, %v", answers, err)
	}
}

// What goes wrong with an answer ends the session and is counted once.
func TestBadAnswers(t *testing.T) {
	for _, test := range []struct {
		name    string
		handler mysqltest.Handler
		why     string
	}{
		{"of another", mysqltest.Rows([]string{"n"}, []string{"0"}), `waiting for an answer: answered "0" instead of 1`},
		{"an error", mysqltest.Fail(1105, "no"), "waiting for an answer: ERROR 1105"},
		{"two columns", mysqltest.Rows([]string{"n", "m"}, []string{"1", "2"}), errAnswer.Error()},
		{"no row", mysqltest.Rows([]string{"n"}), errAnswer.Error()},
		{"two rows", mysqltest.Rows([]string{"n"}, []string{"1"}, []string{"1"}), errAnswer.Error()},
		{"an OK", func(_ protocol.Command, _ []byte, w *mysqltest.Answer) { w.OK() }, errAnswer.Error()},
		{"a packet too many", func(cmd protocol.Command, p []byte, w *mysqltest.Answer) { echo(cmd, p, w); w.OK() }, "nobody asked for"},
		{"out of order", func(cmd protocol.Command, p []byte, w *mysqltest.Answer) { w.SetSeq(7); echo(cmd, p, w) }, "packet 7 where 1 should be"},
		{"too long", func(_ protocol.Command, _ []byte, w *mysqltest.Answer) { w.Raw([]byte{0, 0, 1, 1}) }, "a packet of 65536 bytes"},
		{"the end", func(_ protocol.Command, _ []byte, w *mysqltest.Answer) { w.Die() }, "waiting for an answer: closed by the server"},
		{"a reset", func(_ protocol.Command, _ []byte, w *mysqltest.Answer) { w.Reset() }, "waiting for an answer: connection reset"},
		{"half an answer", func(cmd protocol.Command, p []byte, w *mysqltest.Answer) { w.DieAfter(20); echo(cmd, p, w) }, "waiting for an answer: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := at(t, serve(t, mysqltest.ServerConfig{Handler: test.handler}).Addr())
			open(t, c, 1)
			answers, err := c.Ask(Stream{Count: 1, Total: 1})
			if err != nil {
				t.Fatal(err)
			}
			if got := look(t, c); got.Lost != 1 || got.Open != 0 || c.busy != 0 {
				t.Errorf("%+v, %d busy, want 1 lost", got, c.busy)
			}
			if failed := answers[0].Failed; failed != 1 {
				t.Errorf("%d queries failed, want 1", failed)
			}
			reasons(t, c, 1, test.why)
		})
	}
}

// A server that says nothing is given up, wherever it stops.
func TestPatience(t *testing.T) {
	stall := func(_ protocol.Command, _ []byte, w *mysqltest.Answer) { w.Stall() }
	for _, test := range []struct {
		name string
		cfg  mysqltest.ServerConfig
		why  string
	}{
		{"no greeting", mysqltest.ServerConfig{Fault: mysqltest.Fault{Mute: true}}, "waiting for the greeting: "},
		{"no verdict", mysqltest.ServerConfig{Fault: mysqltest.Fault{NoVerdict: true}}, "logging in: "},
		{"no answer", mysqltest.ServerConfig{Handler: stall}, "waiting for an answer: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := at(t, serve(t, test.cfg).Addr())
			c.config.Patience = 100 * time.Millisecond
			a, err := c.Open(2, 2)
			if err == nil && a.Opened == 2 {
				_, err = c.Ask(Stream{Count: 2, Total: 2})
			}
			if err != nil {
				t.Fatal(err)
			}
			reasons(t, c, 2, test.why+errSlow.Error())
		})
	}
}

func TestSourceAddress(t *testing.T) {
	for n, want := range map[int][4]byte{0: {127, 0, 0, 2}, 9: {127, 0, 0, 11}, 254: {127, 0, 1, 0}, 1 << 16: {127, 1, 0, 2}} {
		if got := sourceAddress(n); got != want {
			t.Errorf("address %d is %v, want %v", n, got, want)
		}
	}
}

func TestStreamOfNobody(t *testing.T) {
	c := at(t, serve(t, mysqltest.ServerConfig{}).Addr())
	open(t, c, 2)
	for _, s := range []Stream{{Count: 3}, {First: 2, Count: 1}, {Count: 0}, {First: -1, Count: 2}} {
		if _, err := c.Ask(s); err == nil {
			t.Errorf("%+v: no error", s)
		}
	}
}
