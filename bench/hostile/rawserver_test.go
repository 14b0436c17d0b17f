package hostile

import (
	"bufio"
	"io"
	"net"
	"sync"
	"testing"

	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/protocol/mysqltest"
)

// rawServer runs a script on each connection, for servers that mysqltest.Server
// is too well-behaved to be.
type rawServer struct {
	// Immutable.
	listener net.Listener
	script   func(net.Conn)
	running  sync.WaitGroup

	// Guarded by mu.
	mu     sync.Mutex
	closed bool
	live   map[net.Conn]struct{}
}

// newRawServer starts a server that closes each connection when the script is
// through with it. It is closed when the test ends.
func newRawServer(t testing.TB, script func(net.Conn)) *rawServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rawServer{listener: l, script: script, live: make(map[net.Conn]struct{})}
	s.running.Go(s.accept)
	t.Cleanup(s.close)
	return s
}

func (s *rawServer) addr() string { return s.listener.Addr().String() }

// connections is how many are open now.
func (s *rawServer) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.live)
}

func (s *rawServer) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.closed {
			c.Close()
		} else {
			s.live[c] = struct{}{}
			s.running.Go(func() { s.serve(c) })
		}
		s.mu.Unlock()
	}
}

func (s *rawServer) serve(c net.Conn) {
	s.script(c)
	c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.live, c)
}

func (s *rawServer) close() {
	s.listener.Close()
	s.mu.Lock()
	s.closed = true
	for c := range s.live {
		c.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
}

// hold reads whatever comes and answers nothing, until the other side leaves.
func hold(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// peer is a client's connection, as a script that speaks in packets sees it.
// Errors of sending are left to the next read to find.
type peer struct {
	net.Conn
	in *bufio.Reader
}

// packets makes a script of one that speaks in packets.
func packets(script func(peer)) func(net.Conn) {
	return func(c net.Conn) { script(peer{c, bufio.NewReader(c)}) }
}

// read reads one packet; ok is false when there is none any more.
func (p peer) read() (payload []byte, ok bool) {
	var header [protocol.HeaderLen]byte
	if _, err := io.ReadFull(p.in, header[:]); err != nil {
		return nil, false
	}
	length, _ := protocol.Header(header[:])
	payload = make([]byte, length)
	_, err := io.ReadFull(p.in, payload)
	return payload, err == nil
}

func (p peer) send(seq byte, payload ...byte) {
	_, _ = p.Write(protocol.AppendPacket(nil, payload, seq))
}

func (p peer) sendOK(seq byte) {
	ok := protocol.OK{Status: protocol.StatusAutocommit}
	p.send(seq, ok.Append(nil, protocol.ClientProtocol41)...)
}

// greet sends a greeting and reads the response.
func (p peer) greet() (ok bool) {
	_, _ = p.Write(greeting())
	_, ok = p.read()
	return ok
}

// login lets everybody in.
func (p peer) login() (ok bool) {
	if !p.greet() {
		return false
	}
	p.sendOK(2)
	return true
}

// greeting is the packet that a server begins with.
func greeting() []byte {
	h := protocol.Handshake{
		ServerVersion: "8.0.99-hostile", AuthPlugin: auth.NativePassword, Nonce: auth.NewNonce(), Charset: 45,
		Capabilities: mysqltest.ServerCapabilities &^ protocol.ClientSessionTrack, Status: protocol.StatusAutocommit, // with trackers, the proxy would ask for them
	}
	return protocol.AppendPacket(nil, h.Append(nil), 0)
}
