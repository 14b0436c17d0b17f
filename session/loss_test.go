package session_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// twoRows is an answer of several packets.
func twoRows(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
	a.Rows([]string{"a"}, []string{"1"}, []string{"2"})
}

// The server is lost at every byte of its answer to a read: the client reads the whole packets, then why, in its place. Its connection
// ends with a server's that was its own; one that shares goes on with another.
func TestServerLostAtEveryByte(t *testing.T) {
	for _, sharing := range []bool{false, true} {
		t.Run(fmt.Sprintf("multiplexing %v", sharing), func(t *testing.T) {
			var dieAfter atomic.Int64
			dieAfter.Store(-1)
			w := newWorld(t, func(s *setup) {
				s.settings.Multiplexing = sharing
				s.settings.QueryRetriesOnFailure = 0
				s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
					if n := dieAfter.Load(); n >= 0 {
						a.DieAfter(int(n))
					}
					twoRows(cmd, payload, a)
				}
			})
			for _, caps := range []protocol.Capability{mysqltest.BaseCapabilities, mysqltest.ServerCapabilities} {
				cfg := w.client()
				cfg.Capabilities = caps
				c := mysqltest.Dial(t, cfg)
				if err := c.WriteRaw(packet(0, "\x03SELECT 1")); err != nil {
					t.Fatal(err)
				}
				whole := len(readQuiet(t, c))
				c.Close()
				if whole < 30 {
					t.Fatalf("an answer of %d bytes", whole)
				}
				for n := range whole {
					dieAfter.Store(int64(n))
					c := mysqltest.Dial(t, cfg)
					_, err := c.Query("SELECT 1")
					wantERR(t, err, protocol.ErrCodeNetRead, "parkway: answer of "+w.server.Addr())
					dieAfter.Store(-1)
					if sharing {
						mustQuery(t, c, "SELECT 1")
					} else {
						wantClose(t, c)
					}
					c.Close()
				}
			}
			w.waitSessions(0)
		})
	}
}

// In the middle of a packet that is passed on in parts no error can be inserted: the connection just ends.
func TestServerLostWithinALargePacket(t *testing.T) {
	w := newWorld(t, answering(func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
		a.Columns("a")
		a.DieAfter(500_000)
		a.Row(strings.Repeat("x", 1<<20))
	}))
	c := w.dial()
	if _, err := c.Query("x"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v", err)
	}
	w.waitSessions(0)
}

// What a client reads whose server is lost while it has nothing under way: the reason, as the answer to its next command.
func TestServerLostWhenIdle(t *testing.T) {
	w := newWorld(t, unshared)
	c := w.dial()
	mustQuery(t, c, "SELECT 1")
	w.server.KillAll()
	wantGoodbye(t, c, protocol.ErrCodeNewAbortingConnection, "parkway: connection to "+w.server.Addr()+": the server has closed the connection")
	w.waitSessions(0)
	mustQuery(t, w.dial(), "SELECT 1")
}

// The server is lost while the client is still sending.
func TestServerLostWhileSending(t *testing.T) {
	for _, test := range []struct {
		name string
		cmd  protocol.Command
		seq  byte // of the error
		code uint16
	}{
		{"forwarded", protocol.ComQuery, 1, protocol.ErrCodeNetRead},
		{"silent", protocol.ComStmtSendLongData, 1, protocol.ErrCodeNewAbortingConnection},
		{"refused", protocol.ComBinlogDump, 1, protocol.ErrCodeNetRead},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, unshared)
			c := w.dial()
			mustQuery(t, c, "SELECT 1")
			half := packet(0, string(rune(test.cmd))+strings.Repeat("x", 1<<20))[:200_000]
			if err := c.WriteRaw(half); err != nil {
				t.Fatal(err)
			}
			w.turns()
			w.server.KillAll()
			rest, err := c.ExpectEOF()
			var said protocol.ERR
			if err != nil || len(rest) < protocol.HeaderLen || rest[3] != test.seq || said.Decode(rest[protocol.HeaderLen:]) != nil {
				t.Fatalf("%q, %v", rest, err)
			}
			wantERR(t, &said, test.code, "parkway: ")
		})
	}
}

// leavingServer lets clients in, answers a command of each and then says goodbye when told to by way of orders, through which
// it also says that it has.
func leavingServer(t *testing.T) (addr net.Addr, orders chan struct{}) {
	orders = make(chan struct{})
	return newServer(t, func(c net.Conn) {
		if !answersOne(c, make([]byte, 64<<10)) {
			return
		}
		select {
		case <-orders:
		case <-t.Context().Done():
			return
		}
		_, _ = c.Write(packet(0, "\xff\xbf\x0f#HY000The client was disconnected by the server because of inactivity"))
		orders <- struct{}{}
		_, _ = io.Copy(io.Discard, c)
	}), orders
}

// A server says why it leaves, and the client asks for something at that very moment: it reads the server's words.
func TestServerLeavesAsTheClientAsks(t *testing.T) {
	for _, clientFirst := range []bool{false, true} {
		server, orders := leavingServer(t)
		w := newWorld(t, func(s *setup) {
			unshared(s)
			s.servers = append(s.servers, serverAt(t, server.String()))
		})
		c := w.dial()
		if _, err := c.Command(protocol.ComDebug); err != nil {
			t.Fatal(err)
		}
		leave := func() {
			orders <- struct{}{}
			<-orders
		}
		ask := func() {
			if err := c.WriteRaw(packet(0, "\x03SELECT 1")); err != nil {
				t.Error(err)
			}
		}
		w.inOneTurn(func() {
			if clientFirst {
				ask()
				leave()
			} else {
				leave()
				ask()
			}
		})
		wantGoodbye(t, c, protocol.ErrCodeInteractionTimeout, "disconnected by the server because of inactivity")
	}
}

// A client that hangs up while its statement runs does not leave the server's connection behind.
func TestClientLostWhileItsStatementRuns(t *testing.T) {
	w := newWorld(t, answering(func(_ protocol.Command, _ []byte, a *mysqltest.Answer) { a.Stall() }))
	c := w.dial()
	if err := c.WriteCommand(protocol.ComQuery, []byte("SELECT SLEEP(100)")...); err != nil {
		t.Fatal(err)
	}
	w.server.WaitCommands(t, 1)
	c.Close()
	w.waitSessions(0)
	if got := w.metric(`parkway_sessions_total{result="aborted"}`); got != "1" {
		t.Errorf("%s sessions aborted", got)
	}
	w.waitBackends(0)
}

// A client that hangs up while it waits for a backend gives up its place in the queue.
func TestClientLostWhileItWaits(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.server.Fault = mysqltest.Fault{NoVerdict: true} })
	c := w.dial()
	if err := c.WriteCommand(protocol.ComQuery, []byte("SELECT 1")...); err != nil {
		t.Fatal(err)
	}
	w.server.WaitConnections(t, 1)
	c.Close()
	w.waitSessions(0)
	w.server.WaitConnections(t, 0)
}

// Answers that are none end the connection with an error, or without a word where none can be inserted.
func TestMalformedAnswers(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(a *mysqltest.Answer)
		want   string
	}{
		{"out of order", func(a *mysqltest.Answer) { a.SetSeq(9); a.OK() }, "sequence number 9 instead of 1"},
		{"empty packet", func(a *mysqltest.Answer) { a.Packet(nil) }, "an empty packet"},
		{"no count", func(a *mysqltest.Answer) { a.Packet([]byte("\xfd\xff\xff\xff")) }, "are no column count"},
		{"missing columns", func(a *mysqltest.Answer) { a.Packet([]byte{9}); a.End() }, "column definitions are missing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, func(s *setup) {
				unshared(s)
				s.server.Handler = func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
					test.answer(a)
					a.Stall()
				}
			})
			c := w.dial()
			_, err := c.Query("x")
			wantERR(t, err, protocol.ErrCodeNetRead, "parkway: answer of "+w.server.Addr())
			wantERR(t, err, protocol.ErrCodeNetRead, test.want)
			wantClose(t, c)
		})
	}
}

func TestUnknownHostgroup(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.users[0].DefaultHostgroup = 9 })
	c := w.dial()
	_, err := c.Query("SELECT 1")
	wantERR(t, err, protocol.ErrCodeNoBackend, "parkway: hostgroup 9 has no servers")
}
