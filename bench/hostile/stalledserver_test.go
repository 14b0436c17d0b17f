package hostile

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

const (
	uploadSize = 1 << 30                // bytes that a client wants to send
	stuck      = 500 * time.Millisecond // without progress: the sender is stopped
)

// upload is a way for a client to send much.
type upload struct {
	// ask is the server's part, from the login until it stops reading.
	ask func(peer)
	// begin is the client's part, from the login until it sends packet again and
	// again, with ascending sequence numbers from seq on.
	begin func(testing.TB, *mysqltest.Client) (seq byte)
	// packet is a payload and its first byte's meaning.
	packet []byte
}

var uploads = map[string]upload{
	// A message of packets of the largest size goes on for ever.
	"statement": {
		ask:    func(peer) {},
		begin:  func(testing.TB, *mysqltest.Client) byte { return 0 },
		packet: bytes.Repeat([]byte{byte(protocol.ComQuery)}, protocol.MaxPayload),
	},
	"file": {
		ask: func(p peer) {
			if _, ok := p.read(); ok {
				p.send(1, fileRequest...)
			}
		},
		begin: func(t testing.TB, c *mysqltest.Client) byte {
			if err := c.WriteCommand(protocol.ComQuery, []byte("LOAD DATA LOCAL INFILE 'f' INTO TABLE t")...); err != nil {
				t.Fatal(err)
			}
			if p, err := c.ReadPacket(); err != nil || !bytes.Equal(p, fileRequest) {
				t.Fatalf("got %q, %v, want a request for a file", p, err)
			}
			return c.NextSeq()
		},
		packet: bytes.Repeat([]byte("x"), 1<<20),
	},
}

// fileRequest is how a server asks for the client's file f.
var fileRequest = []byte{0xfb, 'f'}

// A client that uploads 1 GB to a server that stopped reading is stopped
// itself; so are 50 of them.
func TestServersThatDoNotRead(t *testing.T) {
	cfg := unshared(behindSound(t))
	cfg.Variables["max_allowed_packet"] = uploadSize
	ended := make(chan struct{})
	for name, u := range uploads {
		server := newRawServer(t, packets(func(p peer) {
			if p.login() {
				u.ask(p)
				<-ended
			}
		}))
		addServer(t, &cfg, name, server.addr(), 0)
	}
	t.Cleanup(func() { close(ended) })
	p := parkway.StartT(t, proxy.Options{Config: cfg})
	for name, u := range uploads {
		for _, n := range []int{1, crowd} {
			t.Run(fmt.Sprintf("%s, %d clients", name, n), func(t *testing.T) { testUpload(t, p, name, u, n) })
		}
	}
}

func testUpload(t *testing.T, p *proxy.Proxy, user string, u upload, n int) {
	before := measure(t, p)
	w := observe(t, p)
	sent := make(chan int64, n)
	var clients []*mysqltest.Client
	for range n {
		c := mysqltest.Dial(t, as(user, p))
		clients = append(clients, c)
		seq := u.begin(t, c)
		go func() { sent <- sendUntilStuck(t, c.Conn(), u.packet, seq) }()
	}
	var most int64
	for range n {
		most = max(most, <-sent)
	}
	t.Logf("a client sent at most %.1f MiB", mib(most))
	// Most of it is in the kernel: four socket buffers, as large as it lets them grow.
	if most > slack {
		t.Errorf("a client could send %d bytes", most)
	}
	before.bounded(t, p)
	// Not a plain close: its FIN would queue up behind what is not read.
	for _, c := range clients {
		reset(t, c.Conn())
	}
	w.check(t)
	before.withKills().settled(t, p)
}

// sendUntilStuck sends packets until nothing goes out any more, or uploadSize
// is reached, and returns how many bytes went.
func sendUntilStuck(t testing.TB, c net.Conn, payload []byte, seq byte) (total int64) {
	for ; total < uploadSize; seq++ {
		header := []byte{byte(len(payload)), byte(len(payload) >> 8), byte(len(payload) >> 16), seq}
		for _, part := range [][]byte{header, payload} {
			n, ok := sendAll(t, c, part)
			if total += n; !ok {
				return total
			}
		}
	}
	return total
}

// sendAll sends b; ok is false if it got stuck on the way.
func sendAll(t testing.TB, c net.Conn, b []byte) (total int64, ok bool) {
	const piece = 64 << 10
	for len(b) > 0 {
		if err := c.SetWriteDeadline(time.Now().Add(stuck)); err != nil {
			t.Error(err)
			return total, false
		}
		n, err := c.Write(b[:min(piece, len(b))])
		total += int64(n)
		b = b[n:]
		if err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("sending: %v", err)
			}
			return total, false
		}
	}
	return total, true
}

// A statement of 30 MB for a real server that stands still waits, and is
// answered when the server goes on. Who needs a new connection meanwhile learns
// in time that there is none.
func TestFrozenServer(t *testing.T) {
	server := victim.T(t).Servers[0]
	p := parkway.StartT(t, proxy.Options{Config: behindVictim(t)})
	before := measure(t, p)
	c := mysqltest.Dial(t, as("root", p))
	if _, err := c.Query("SELECT 1"); err != nil {
		t.Fatal(err)
	}
	if err := server.Freeze(proxy.Limited(t, patience)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Thaw(t.Context()) })
	w := observe(t, p)
	const size = 30_000_000
	sql := append(append([]byte("SELECT LENGTH('"), bytes.Repeat([]byte("x"), size)...), "')"...)
	sent := carried(t, p, "server", "out")
	answer := make(chan error, 1)
	go func() {
		value, err := c.Value(string(sql))
		if err == nil && value != strconv.Itoa(size) {
			err = fmt.Errorf("the answer is %q", value)
		}
		answer <- err
	}()
	sent.awaitStill()
	before.bounded(t, p)
	late := mysqltest.Dial(t, as("root", p))
	begun := time.Now()
	_, err := late.Query("SELECT 1")
	expectERR(t, err, protocol.ErrCodeNoBackend)
	if d := time.Since(begun); d > connectLimit+stall {
		t.Errorf("a client that came meanwhile waited %v", d)
	}
	late.Close()
	w.check(t)
	select {
	case err := <-answer:
		t.Fatalf("a frozen server answered: %v", err)
	default:
	}
	if err := server.Thaw(proxy.Limited(t, patience)); err != nil {
		t.Fatal(err)
	}
	if err := <-answer; err != nil {
		t.Error(err)
	}
	c.Close()
	before.settled(t, p)
}
