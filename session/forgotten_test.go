package session_test

import (
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parkway/config"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// A client that sends a large command, which its server does not read, is not forgotten when the server refuses it and hangs up: what it
// sends is read to the end, and it goes on with another connection.
func TestServerThatHangsUpOnLargeCommand(t *testing.T) {
	const size = 40 << 20
	var accepted atomic.Int32
	answered, leave := make(chan struct{}), make(chan struct{})
	canned := serveCanned(okPacket(1), serverCapabilities)
	server := newServer(t, func(c net.Conn) {
		if accepted.Add(1) != 2 { // the first has only been asked for its greeting
			canned(c)
			return
		}
		buf := make([]byte, 64<<10)
		if !welcome(c, buf) {
			return
		}
		if _, err := io.ReadFull(c, buf); err != nil {
			return
		}
		refusal := protocol.ERR{Code: protocol.ErrCodePacketTooLarge, State: "08S01", Message: "too large"}
		c.Write(protocol.AppendPacket(nil, refusal.Append(nil), 1))
		close(answered)
		<-leave
	})
	w := newWorld(t, func(s *setup) {
		s.settings.Multiplexing = true
		s.servers = []config.MySQLServer{serverAt(t, server.String())}
	})
	c := w.dial().Conn()
	payload := append([]byte{byte(protocol.ComPing)}, make([]byte, size)...) // which leaves nothing on the connection
	message := protocol.AppendPacket(nil, payload, 0)
	var sent atomic.Int64
	written := make(chan error, 1)
	go func() {
		const piece = 64 << 10
		for at := 0; at < len(message); at += piece {
			n, err := c.Write(message[at:min(at+piece, len(message))])
			if err != nil {
				written <- err
				return
			}
			sent.Add(int64(n))
		}
		written <- nil
	}()
	<-answered
	// Until the proxy does not read any more either, and all buffers are full.
	for before := int64(-1); sent.Load() != before; time.Sleep(100 * time.Millisecond) {
		before = sent.Load()
	}
	waits := sent.Load() < int64(len(message))
	close(leave)
	if !waits {
		t.Fatal("the server's buffers have room for the command")
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if p := readPacket(t, c); p[0] != 0xff {
		t.Fatalf("answered %q", p)
	}
	if _, err := c.Write(packet(0, "\x03SELECT 1")); err != nil {
		t.Fatal(err)
	}
	if p := readPacket(t, c); p[0] != 0 {
		t.Fatalf("answered %q", p)
	}
}

// What LAST_INSERT_ID() returns goes along also when transactions elsewhere come to their end before that of the connection which knows it.
func TestInsertIDBesideOtherTransactions(t *testing.T) {
	s := newSplit(t, func(set *setup) {
		multiplexed(set)
		handle := set.server.Handler
		set.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			switch sql := string(payload[1:]); {
			case strings.HasPrefix(sql, "SELECT FOUND_ROWS(), LAST_INSERT_ID()"):
				a.Status |= protocol.StatusInTrans
				a.Rows([]string{"f", "l"}, []string{"1", "41"})
			case sql == "INSERT id":
				a.OKPacket(protocol.OK{InsertID: 41, Status: protocol.StatusInTrans})
			default:
				handle(cmd, payload, a)
			}
		}
	})
	c := s.as("loose")
	for _, sql := range []string{"SET autocommit=0", "INSERT 1", "SELECT 1", "INSERT id", "COMMIT", "SELECT LAST_INSERT_ID()"} {
		mustQuery(t, c, sql)
	}
	if texts := s.texts(); !slices.Contains(texts, "r SET last_insert_id=41") {
		t.Errorf("%q", texts)
	}
}
