package hostile

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

const (
	connectLimit = time.Second            // connect_timeout_server_max_ms
	dialLimit    = 300 * time.Millisecond // connect_timeout_server_ms
	idle         = 50 * time.Millisecond  // after the answer
)

// badServer is a server that does not let the proxy in as it should.
type badServer struct {
	name   string
	script func(net.Conn) // nil: nobody listens
	code   uint16         // that clients read
	text   string         // that clients read, in part
}

// says is a server that begins with these bytes and then leaves.
func says(b []byte) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = c.Write(b)
		_ = c.(*net.TCPConn).CloseWrite()
		hold(c)
	}
}

// replies is a server that answers the login with a packet and then waits.
func replies(seq byte, payload ...byte) func(net.Conn) {
	return packets(func(p peer) {
		if p.greet() {
			p.send(seq, payload...)
			hold(p)
		}
	})
}

func refusal(code uint16, text string) []byte {
	// Before the login an ERR packet has no SQLSTATE.
	e := protocol.ERR{Code: code, Message: text}
	return protocol.AppendPacket(nil, e.Append(nil), 0)
}

func badServers() []badServer {
	const lost = protocol.ErrCodeNoBackend
	denied := protocol.NewERR(protocol.ErrCodeAccessDenied, "Access denied for user 'x'")
	noDatabase := protocol.NewERR(protocol.ErrCodeBadDB, "Unknown database 'x'")
	old := append([]byte{9}, make([]byte, 60)...)
	return []badServer{
		{"refuses connections", nil, lost, "refused"},
		{"accepts and says nothing", hold, lost, "no answer in time"},
		{"accepts and leaves", says(nil), lost, ": the server has closed the connection"},
		{"resets", func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }, lost, "reset by peer"},
		{"too many connections", says(refusal(protocol.ErrCodeTooManyConnections, "Too many connections")), protocol.ErrCodeTooManyConnections, "Too many connections"},
		{"host blocked", says(refusal(protocol.ErrCodeHostBlocked, "Host is blocked")), protocol.ErrCodeHostBlocked, "Host is blocked"},
		{"greets in HTTP", says([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")), lost, `it said "HTTP/1.1 400 Bad Request"`},
		{"greets with an empty packet", says([]byte{0, 0, 0, 0}), lost, "greeting of"},
		{"greets with 16 MiB", says(append([]byte{0xff, 0xff, 0xff, 0}, make([]byte, 64<<10)...)), lost, "greeting of"},
		{"greets with zeros", says(make([]byte, 100)), lost, "greeting of"},
		{"greets in version 9", says(protocol.AppendPacket(nil, old, 0)), lost, "greeting of"},
		{"greets with a wrong sequence number", says(append([]byte{60, 0, 0, 1}, make([]byte, 60)...)), lost, "greeting of"},
		{"greets by half", says(greeting()[:40]), lost, "greeting of"},
		{"greets and leaves", says(greeting()), lost, ": the server has closed the connection"},
		{"greets and says nothing", func(c net.Conn) { _, _ = c.Write(greeting()); hold(c) }, lost, "no answer in time"},
		{"answers the login with garbage", replies(2, 0x77, 1, 2, 3), lost, "login at"},
		{"answers the login with nothing", replies(2), lost, "login at"},
		{"answers the login out of order", replies(5, 0, 0, 0, 2, 0, 0, 0), lost, "login at"},
		{"switches to a plugin that nobody knows", replies(2, append([]byte{0xfe}, "no_such_plugin\x00data\x00"...)...), lost, "no_such_plugin"},
		{"denies the login", replies(2, denied.Append(nil)...), protocol.ErrCodeAccessDenied, "Access denied"},
		{"answers the login with half an ERR packet", replies(2, 0xff, 0x15), lost, "login at"},
		{"knows no such database", replies(2, noDatabase.Append(nil)...), protocol.ErrCodeBadDB, "Unknown database"},
	}
}

// A client whose server cannot be used reads why, in time, as often as it asks.
func TestServersThatCannotBeUsed(t *testing.T) {
	cfg := behindSound(t)
	cfg.Variables["connect_timeout_server_ms"] = int(dialLimit.Milliseconds())
	cfg.Variables["connect_timeout_server_max_ms"] = int(connectLimit.Milliseconds())
	list := badServers()
	hostgroups := make([]int, len(list))
	for i, b := range list {
		addr := mysqltest.ClosedPort(t)
		if b.script != nil {
			addr = newRawServer(t, b.script).addr()
		}
		hostgroups[i] = addServer(t, &cfg, fmt.Sprint("user", i), addr, 0)
	}
	p := parkway.StartT(t, proxy.Options{Config: cfg})
	before := measure(t, p)
	w := observe(t, p)
	// Not t.Parallel: the witness is to see all of it.
	gang(len(list), len(list), func(i int) {
		b := list[i]
		c, err := mysqltest.Connect(as(fmt.Sprint("user", i), p))
		if err != nil {
			t.Errorf("%s: %v", b.name, err)
			return
		}
		defer c.Close()
		for range 2 {
			begun := time.Now()
			_, err := c.Query("SELECT 1")
			if d := time.Since(begun); d > connectLimit+stall {
				t.Errorf("%s: an answer after %v", b.name, d)
			}
			if err == nil {
				t.Errorf("%s: no error", b.name)
				continue
			}
			t.Logf("%s: %v", b.name, err)
			if b.code != protocol.ErrCodeBadDB { // passed on in the server's own words
				expectERR(t, err, b.code)
			}
			if !strings.Contains(err.Error(), b.text) {
				t.Errorf("%s: %q is not in %q", b.name, b.text, err)
			}
		}
	})
	w.check(t)
	before.settled(t, p)
}

// badAnswer is a server that goes wrong after the login.
type badAnswer struct {
	name   string
	answer func(w *mysqltest.Answer)
	code   uint16
	text   string
}

func badAnswers() []badAnswer {
	const (
		lost = protocol.ErrCodeNetRead
		gone = protocol.ErrCodeNewAbortingConnection
	)
	raw := func(b ...byte) func(w *mysqltest.Answer) {
		return func(w *mysqltest.Answer) { w.Raw(b) }
	}
	return []badAnswer{
		{"leaves", (*mysqltest.Answer).Die, lost, "answer of"},
		{"resets", (*mysqltest.Answer).Reset, lost, "answer of"},
		{"an empty packet", raw(0, 0, 0, 1), lost, "answer of"},
		{"a wrong sequence number", raw(7, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0), lost, "answer of"},
		{"HTTP", raw([]byte("HTTP/1.1 500 Oh\r\n\r\n")...), lost, "answer of"},
		{"0 columns that are no OK packet", raw(1, 0, 0, 1, 0), lost, "answer of"},
		{"more columns than there can be", raw(4, 0, 0, 1, 0xfd, 0xff, 0xff, 0xff), lost, "answer of"},
		{"half an ERR packet", raw(2, 0, 0, 1, 0xff, 1), lost, "answer of"},
		{"fewer definitions than announced", func(w *mysqltest.Answer) {
			w.Packet([]byte{3})
			w.Packet([]byte{0xfe, 0, 0, 2, 0})
		}, lost, "answer of"},
		{"a wrong sequence number among the rows", func(w *mysqltest.Answer) {
			w.Columns("a")
			w.Row("1")
			w.SetSeq(99)
			w.Row("2")
			w.End()
		}, lost, "answer of"},
		{"an ERR packet out of order among the rows", func(w *mysqltest.Answer) {
			w.Columns("a")
			w.Row("1")
			w.SetSeq(1)
			w.Error(1927, "Connection was killed")
		}, 1927, "Connection was killed"},
		{"a request for a file, and leaves", func(w *mysqltest.Answer) {
			w.Packet(fileRequest)
			w.Die()
		}, lost, "answer of"},
		{"leaves afterwards", func(w *mysqltest.Answer) { w.OK(); w.Die() }, gone, "connection to"},
		{"speaks afterwards", func(w *mysqltest.Answer) {
			w.OK()
			w.Packet([]byte{0})
		}, gone, "connection to"},
		{"says afterwards why it leaves", func(w *mysqltest.Answer) {
			w.OK()
			w.SetSeq(0)
			w.Error(1053, "Server shutdown in progress")
			w.Die()
		}, 1053, "Server shutdown in progress"},
		{"leaves later", func(w *mysqltest.Answer) { w.OK(); w.Delay(idle); w.Die() }, gone, "connection to"},
		{"says later why it leaves", func(w *mysqltest.Answer) {
			w.OK()
			w.Delay(idle)
			w.SetSeq(0)
			w.Error(4031, "The client was disconnected because of inactivity")
			w.Die()
		}, 4031, "inactivity"},
	}
}

// A client whose server breaks off or talks nonsense reads what happened; its
// connection ends.
func TestServersThatTalkNonsense(t *testing.T) {
	list := badAnswers()
	queries := make(map[string]mysqltest.Handler)
	for _, b := range list {
		queries[b.name] = func(_ protocol.Command, _ []byte, w *mysqltest.Answer) { b.answer(w) }
	}
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Queries: queries})
	cfg := unshared(behindSound(t))
	addServer(t, &cfg, "scripted", server.Addr(), 0)
	p := parkway.StartT(t, proxy.Options{Config: cfg})
	before := measure(t, p)
	w := observe(t, p)
	for _, b := range list {
		t.Run(b.name, func(t *testing.T) {
			login := as("scripted", p)
			login.Timeout = 2 * stall
			c := mysqltest.Dial(t, login)
			_, err := c.Query(b.name)
			if err == nil {
				// The answer was right; what came behind it ended the connection.
				var rest []byte
				if rest, err = c.ExpectEOF(); err != nil {
					t.Fatalf("not closed: %v", err)
				}
				err = lastWords(rest)
			} else if rest, err := c.ExpectEOF(); err != nil || len(rest) > 0 {
				t.Errorf("after the error: %q, %v, want a close", rest, err)
			}
			t.Log(err)
			if b.code == protocol.ErrCodeNetRead || b.code == protocol.ErrCodeNewAbortingConnection {
				expectERR(t, err, b.code)
			}
			if err == nil || !strings.Contains(err.Error(), b.text) || !strings.Contains(err.Error(), fmt.Sprint(b.code)) {
				t.Errorf("got %v, want %d, %q", err, b.code, b.text)
			}
		})
	}
	w.check(t)
	before.settled(t, p)
	server.WaitConnections(t, 0)
}
