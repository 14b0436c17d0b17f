package session_test

import (
	"bufio"
	"errors"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"parkway/config"
	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/protocol/mysqltest"
)

const (
	fuzzQuiet    = 3 * time.Millisecond // without a byte: the proxy waits for more
	fuzzPatience = 10 * time.Second
)

// packet is a client's packet number seq.
func packet(seq byte, payload string) []byte { return protocol.AppendPacket(nil, []byte(payload), seq) }

// sessionSeeds are what real clients send after their login.
func sessionSeeds() [][]byte {
	query := packet(0, "\x03SELECT c FROM sbtest1 WHERE id=5024")
	ping, quit := packet(0, "\x0e"), packet(0, "\x01")
	prepare := packet(0, "\x16SELECT ?")
	execute := packet(0, "\x17\x01\x00\x00\x00\x00\x01\x00\x00\x00\x00\x01\xfd\x00\x011")
	long := packet(0, "\x18\x01\x00\x00\x00\x00\x00"+strings.Repeat("x", 100))
	closing := packet(0, "\x19\x01\x00\x00\x00")
	fetch := packet(0, "\x1c\x01\x00\x00\x00\x01\x00\x00\x00")
	changeUser := packet(0, "\x11app\x00\x00test\x00\x2d\x00mysql_native_password\x00")
	infile := slices.Concat(packet(0, "\x03LOAD DATA LOCAL"), packet(2, "1\n2\n"), packet(3, "3\n"), packet(4, ""))
	large := packet(0, "\x03"+strings.Repeat("x", 100_000))
	unsupported := packet(0, "\x12\x04\x00\x00\x00\x00\x00\x01\x00\x00\x00")
	return [][]byte{
		nil,
		slices.Concat(query, query, ping, query, quit), // pipelined
		slices.Concat(prepare, execute, long, execute, fetch, closing, quit),
		slices.Concat(query, infile, query, quit),
		slices.Concat(query, changeUser, query, packet(0, "\x1f"), quit),
		slices.Concat(large, unsupported, large, query),
		slices.Concat(packet(0, "\x09"), packet(0, "\x04t\x00%"), packet(0, "\x1b\x00\x00"), packet(0, "\x02test")),
		slices.Concat(query, packet(0, "")),
		slices.Concat(query, packet(1, "\x0e")),
		{0xff, 0xff, 0xff, 0, 3, 'x'},
	}
}

// loginSeeds are logins that go on after the handshake response.
func loginSeeds() [][]byte {
	login := func(plugin string, data string) []byte {
		r := protocol.HandshakeResponse{
			User: "secret", AuthPlugin: plugin, AuthData: []byte(data), Database: "test",
			Capabilities: serverCapabilities&^protocol.ClientLongPassword | protocol.ClientConnectWithDB | protocol.ClientConnectAttrs |
				protocol.ClientPluginAuthLenencData,
			Attributes: []protocol.Attribute{{Key: "program_name", Value: "fuzz"}},
		}
		return protocol.AppendPacket(nil, r.Append(nil), 1)
	}
	wrong := strings.Repeat("x", 32)
	return [][]byte{
		slices.Concat(login(auth.CachingSHA2Password, wrong), packet(3, "\x02"), packet(5, strings.Repeat("x", 256))),
		slices.Concat(login(auth.CachingSHA2Password, wrong), packet(3, "secret\x00")),
		slices.Concat(login(auth.NativePassword, wrong[:20]), packet(3, wrong[:20])),
		slices.Concat(login("dialog", "secret\x00"), packet(3, wrong[:20])),
		slices.Concat(login("mysql_clear_password", "secret\x00"), packet(3, "secret\x00")),
		login(auth.NativePassword, ""),
	}
}

// FuzzSession sends anything to a proxy in front of a server that does its
// part, at once and in pieces. The session ends when the client leaves, if not
// before, and nothing of it remains.
func FuzzSession(f *testing.F) {
	p := startProxy(f, newServer(f, serveSensibly), nil)
	for _, seed := range sessionSeeds() {
		f.Add(true, seed)
		f.Add(false, slices.Concat(response(), seed))
	}
	for _, seed := range loginSeeds() {
		f.Add(false, seed)
	}
	f.Fuzz(func(t *testing.T, inside bool, stream []byte) {
		h := fnv.New64a()
		h.Write(stream)
		r := rand.New(rand.NewPCG(1, h.Sum64()))
		var cuts []int
		for range 4 {
			cuts = append(cuts, r.IntN(len(stream)+1))
		}
		slices.Sort(cuts)
		var both sync.WaitGroup
		both.Go(func() { converse(t, p, inside, stream, nil) })
		both.Go(func() { converse(t, p, inside, stream, cuts) })
		both.Wait()
		p.check(t)
	})
}

// What remains of sessions and servers like those of the fuzz tests, other than
// what check sees: goroutines and descriptors.
func TestNothingRemains(t *testing.T) {
	mysqltest.CheckLeaks(t)
	p := startProxy(t, newServer(t, serveSensibly), nil)
	for _, seed := range sessionSeeds() {
		converse(t, p, true, seed, nil)
		converse(t, p, false, slices.Concat(response(), seed)[:len(seed)], nil)
	}
	p.check(t)
}

// check ends one run of a fuzz test.
func (p *testProxy) check(t *testing.T) {
	if err := p.settled(fuzzPatience); err != nil {
		t.Error(err)
	}
	if n := p.group.Panics(); n != 0 {
		t.Errorf("%d panics", n)
	}
}

// converse connects, logs in if that is asked for, sends stream with pauses at
// the cuts, hears the proxy out, and leaves.
func converse(t *testing.T, p *testProxy, inside bool, stream []byte, cuts []int) {
	c, err := net.Dial("tcp", p.addr.String())
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(fuzzPatience)); err != nil {
		t.Error(err)
	}
	if inside {
		if _, err := c.Write(response()); err != nil {
			t.Error(err)
		}
		if _, err := io.CopyN(io.Discard, c, int64(len(greeting())+len(okPacket(2)))); err != nil {
			t.Errorf("login: %v", err)
			return
		}
	}
	var sending sync.WaitGroup
	sending.Go(func() {
		from := 0
		for _, to := range append(cuts, len(stream)) {
			if _, err := c.Write(stream[from:to]); err != nil {
				return // The proxy may have had enough.
			}
			from = to
			<-time.After(fuzzQuiet / 10)
		}
	})
	leave(t, c)
	sending.Wait()
}

// leave reads until the proxy is quiet, ends the client's direction and waits
// for the end of the other.
func leave(t *testing.T, c net.Conn) {
	buf := make([]byte, 64<<10)
	for {
		if err := c.SetReadDeadline(time.Now().Add(fuzzQuiet)); err != nil {
			t.Error(err)
		}
		_, err := c.Read(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			return
		}
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		return
	}
	if err := c.SetReadDeadline(time.Now().Add(fuzzPatience)); err != nil {
		t.Error(err)
	}
	if _, err := io.Copy(io.Discard, c); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the session does not end: %v", err)
	}
}

// serveSensibly is a server that answers each command with what it asks for, more or less.
func serveSensibly(c net.Conn) {
	if !welcome(c, make([]byte, 64<<10)) {
		return
	}
	in := bufio.NewReader(c)
	for {
		command, ok := readMessage(in)
		if !ok || len(command) == 0 {
			return
		}
		var answer []byte
		switch cmd := protocol.Command(command[0]); {
		case cmd == protocol.ComQuit:
			return
		case !cmd.HasAnswer():
		case cmd == protocol.ComQuery && strings.HasPrefix(string(command[1:]), "LOAD"):
			if _, err := c.Write(packet(1, "\xfbfile")); err != nil {
				return
			}
			seq := byte(2)
			for part := command; len(part) > 0; seq++ {
				if part, ok = readMessage(in); !ok {
					return
				}
			}
			answer = okPacket(seq)
		case cmd == protocol.ComQuery:
			answer = pointSelect()
		case cmd == protocol.ComStmtPrepare:
			prepared := protocol.PrepareOK{StatementID: 1}
			answer = protocol.AppendPacket(nil, prepared.Append(nil, serverCapabilities), 1)
		case cmd == protocol.ComStmtFetch:
			answer = packet(1, "\xfe\x00\x00\x82\x00\x00\x00")
		default:
			answer = okPacket(1)
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}

// readMessage reads packets up to the end of a message.
func readMessage(in *bufio.Reader) (message []byte, ok bool) {
	for {
		var header [protocol.HeaderLen]byte
		if _, err := io.ReadFull(in, header[:]); err != nil {
			return nil, false
		}
		length, _ := protocol.Header(header[:])
		part := make([]byte, length)
		if _, err := io.ReadFull(in, part); err != nil {
			return nil, false
		}
		message = append(message, part...)
		if length < protocol.MaxPayload {
			return message, true
		}
	}
}

// script is what a server says at each of its turns.
type script struct{ greeting, verdict, answer []byte }

// serve says it, and then nothing more.
func (s *script) serve(c net.Conn) {
	buf := make([]byte, 64<<10)
	for _, part := range [][]byte{s.greeting, s.verdict, s.answer} {
		if _, err := c.Write(part); err != nil {
			return
		}
		if err := c.SetReadDeadline(time.Now().Add(10 * fuzzQuiet)); err != nil {
			return
		}
		if _, err := c.Read(buf); err != nil {
			break
		}
	}
	_ = c.(*net.TCPConn).CloseWrite()
	_ = c.SetReadDeadline(time.Now().Add(fuzzPatience))
	_, _ = io.Copy(io.Discard, c)
}

// FuzzServer lets a server say anything while a client does its part. The
// client is never left waiting, and nothing remains when it has gone.
func FuzzServer(f *testing.F) {
	var now atomic.Pointer[script]
	now.Store(&script{greeting: greeting()})
	server := newServer(f, func(c net.Conn) { now.Load().serve(c) })
	p := startProxy(f, server, func(v *config.MySQLVariables) {
		v.ConnectRetriesOnFailure = 0
		v.ConnectTimeoutServerMax = 200 * time.Millisecond
	})
	ok := okPacket(2)
	for _, s := range []script{
		{greeting(), ok, pointSelect()},
		{greeting(), ok, okPacket(1)},
		{greeting(), ok, packet(1, "\xfbfile")},
		{greeting(), ok, slices.Concat(packet(1, "\xfbfile"), packet(2, "\xff\x15\x04#28000no"))},
		{greeting(), ok, slices.Concat(okPacket(1), packet(0, "\xff\x1d\x04#08S01Server shutdown in progress"))},
		{greeting(), ok, slices.Concat(packet(1, "\xff\xff\xff\x01\x01\x01\x00\x00\x00"), okPacket(2))},
		{greeting(), ok, packet(1, "\xff\x28\x04#42000You have an error")},
		{greeting(), ok, slices.Concat(packet(1, "\x00\x00\x00\x0a\x00\x00\x00"), pointSelect())},
		{greeting(), packet(2, "\xfemysql_native_password\x0001234567890123456789\x00"), packet(4, "\x00\x00\x00\x02\x00\x00\x00")},
		{greeting(), packet(2, "\x01\x04"), packet(4, "\x01-----BEGIN PUBLIC KEY-----")},
		{greeting(), packet(2, "\xff\x15\x04#28000Access denied"), nil},
		{packet(0, "\xff\x10\x04Too many connections"), nil, nil},
		{[]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), nil, nil},
		{nil, nil, nil},
	} {
		f.Add(s.greeting, s.verdict, s.answer)
	}
	query := slices.Concat(packet(0, "\x03SELECT 1"), packet(0, "\x03SELECT 2"))
	f.Fuzz(func(t *testing.T, greeting, verdict, answer []byte) {
		now.Store(&script{greeting, verdict, answer})
		// What a server greets with shows in what the next client is told.
		for range 2 {
			request(t, p, query)
		}
		p.check(t)
	})
}

// request logs in, sends commands and reads until there is an answer to the
// first, or the end; then it leaves.
func request(t *testing.T, p *testProxy, commands []byte) {
	c, err := net.Dial("tcp", p.addr.String())
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(fuzzPatience)); err != nil {
		t.Error(err)
	}
	in := bufio.NewReader(c)
	if _, ok := readMessage(in); !ok {
		t.Error("no greeting")
		return
	}
	if _, err := c.Write(response()); err != nil {
		t.Error(err)
	}
	if verdict, ok := readMessage(in); !ok || verdict[0] != 0 {
		t.Errorf("login: %q", verdict)
		return
	}
	if _, err := c.Write(commands); err != nil {
		t.Error(err)
	}
	begun := time.Now()
	if _, err := in.ReadByte(); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("neither an answer nor an error nor a close in %v", time.Since(begun))
	}
	leave(t, c)
}
