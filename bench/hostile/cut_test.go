package hostile

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"parkway/bench/proxy"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// A server that dies in an answer, at whatever byte: what the client has read
// are whole packets of it and, in order, an error that says so.
func TestServerDiesAtEachByte(t *testing.T) {
	row := []string{"one", strings.Repeat("x", 60)}
	const whole = "whole"
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{
		Handler: func(_ protocol.Command, payload []byte, w *mysqltest.Answer) {
			if at, err := strconv.Atoi(string(payload[1:])); err == nil {
				w.DieAfter(at)
			}
			w.Columns("a", "b")
			w.Row(row...)
			w.Row(row...)
			w.MoreResults()
			w.End()
			w.OK()
		},
	})
	cfg := unshared(behindSound(t))
	addServer(t, &cfg, "scripted", server.Addr(), 0)
	p := parkway.StartT(t, proxy.Options{Config: cfg})
	before := measure(t, p)
	size := answerSize(t, p, whole)
	for at := range size {
		c := mysqltest.Dial(t, as("scripted", p))
		_, err := c.Query(strconv.Itoa(at))
		expectERR(t, err, protocol.ErrCodeNetRead)
		if rest, err := c.ExpectEOF(); err != nil || len(rest) > 0 {
			t.Errorf("cut at %d: %q, %v behind the error, want a close", at, rest, err)
		}
		c.Close()
		if t.Failed() {
			t.Fatalf("cut at %d of %d", at, size)
		}
	}
	before.settled(t, p)
}

// answerSize is how many bytes the answer to a statement has.
func answerSize(t testing.TB, p *proxy.Proxy, sql string) int {
	t.Helper()
	transcript := new(mysqltest.Transcript)
	login := as("scripted", p)
	login.Transcript = transcript
	c := mysqltest.Dial(t, login)
	defer c.Close()
	transcript.Reset()
	if _, err := c.Query(sql); err != nil {
		t.Fatal(err)
	}
	entries := transcript.Entries()
	return len(entries[len(entries)-1].Bytes)
}

// In the middle of a packet that is passed on in parts no error can be
// inserted: the connection just ends.
func TestServerDiesInALargePacket(t *testing.T) {
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{
		Handler: func(_ protocol.Command, _ []byte, w *mysqltest.Answer) {
			w.Columns("a")
			w.DieAfter(100_000)
			w.Row(strings.Repeat("x", 200_000))
		},
	})
	cfg := unshared(behindSound(t))
	addServer(t, &cfg, "scripted", server.Addr(), 0)
	p := parkway.StartT(t, proxy.Options{Config: cfg})
	before := measure(t, p)
	c := mysqltest.Dial(t, as("scripted", p))
	if _, err := c.Query("SELECT large"); !errors.Is(err, io.ErrUnexpectedEOF) && !closed(err) {
		t.Errorf("got %v, want the end of the connection", err)
	} else if err == nil {
		t.Error("the answer was whole")
	}
	c.Close()
	before.settled(t, p)
}
