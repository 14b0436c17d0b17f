package hostgroup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"parkway/protocol"
)

// Facts are what a server's greeting tells about it.
type Facts struct {
	Version      string
	Capabilities protocol.Capability
	Charset      byte
	AuthPlugin   string
	MariaDB      bool
}

// Facts returns what the server's last greeting said, nil before the first.
// Any thread.
func (s *Server) Facts() *Facts { return s.facts.Load() }

func factsOf(h *protocol.Handshake) Facts {
	return Facts{
		Version:      h.ServerVersion,
		Capabilities: h.Capabilities,
		Charset:      h.Charset,
		AuthPlugin:   h.AuthPlugin,
		MariaDB:      h.IsMariaDB(),
	}
}

// Greeting is what clients are told about the servers behind the proxy: the
// first known server speaks for all, with the capabilities that all known
// servers share.
type Greeting struct {
	Version      string
	Capabilities protocol.Capability
	AuthPlugin   string
	MariaDB      bool
}

// unknownServer is the greeting while no server has answered yet: what every
// server since MySQL 5.7 and MariaDB 10.2 understands.
var unknownServer = Greeting{
	Version: "5.7.99",
	Capabilities: protocol.ClientLongPassword | protocol.ClientFoundRows | protocol.ClientLongFlag |
		protocol.ClientConnectWithDB | protocol.ClientODBC | protocol.ClientLocalFiles |
		protocol.ClientIgnoreSpace | protocol.ClientProtocol41 | protocol.ClientInteractive |
		protocol.ClientTransactions | protocol.ClientSecureConnection | protocol.ClientMultiStatements |
		protocol.ClientMultiResults | protocol.ClientPSMultiResults | protocol.ClientPluginAuth |
		protocol.ClientConnectAttrs | protocol.ClientPluginAuthLenencData | protocol.ClientSessionTrack |
		protocol.ClientDeprecateEOF,
	AuthPlugin: "mysql_native_password",
}

// greetingOf combines what the servers said.
func greetingOf(servers []*Server) *Greeting {
	var g *Greeting
	for _, s := range servers {
		f := s.Facts()
		switch {
		case f == nil:
		case g == nil:
			g = &Greeting{Version: f.Version, Capabilities: f.Capabilities, AuthPlugin: f.AuthPlugin, MariaDB: f.MariaDB}
		default:
			g.Capabilities &= f.Capabilities
		}
	}
	if g == nil {
		g = &unknownServer
	}
	return g
}

// maxGreeting bounds the first packet of a server: real ones have about 100 bytes.
const maxGreeting = 4096

// probe connects to the server, reads its greeting and leaves. Not on a loop.
func (s *Server) probe(ctx context.Context) (*protocol.Handshake, error) {
	network, address, ok := s.Endpoint()
	if !ok {
		return nil, fmt.Errorf("%s does not resolve", s)
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	h, err := readGreeting(conn)
	if err != nil {
		return nil, fmt.Errorf("greeting: %w", unaddressed(err))
	}
	return h, nil
}

// readGreeting reads the first packet of a server.
func readGreeting(conn io.Reader) (*protocol.Handshake, error) {
	r := bufio.NewReaderSize(conn, protocol.HeaderLen+maxGreeting)
	header, err := r.Peek(protocol.HeaderLen)
	if err != nil {
		return nil, err
	}
	length, _ := protocol.Header(header)
	if _, err := r.Peek(protocol.HeaderLen + min(length, 1)); err != nil {
		return nil, err
	}
	begun, _ := r.Peek(r.Buffered())
	if err := protocol.CheckGreeting(begun); err != nil {
		return nil, err
	}
	if length > maxGreeting {
		return nil, fmt.Errorf("%d bytes are no greeting", length)
	}
	packet, err := r.Peek(protocol.HeaderLen + length)
	if err != nil {
		return nil, err
	}
	h := new(protocol.Handshake)
	return h, h.Decode(packet[protocol.HeaderLen:])
}

// unserved is an error of a look-up that says the same each time: the text of one has the ports of this end when a name server does not answer.
func unserved(err error) error {
	if failed := (*net.DNSError)(nil); errors.As(err, &failed) && failed.IsTimeout {
		return errors.New("no name server answers")
	}
	return err
}

// unaddressed is an error of a connection in words, and without its addresses: this
// end's is another one each time, and what is logged once must read the same.
func unaddressed(err error) error {
	op := (*net.OpError)(nil)
	switch {
	case errors.Is(err, io.EOF):
		return protocol.ErrHungUp
	case errors.Is(err, os.ErrDeadlineExceeded):
		return protocol.ErrNoAnswer
	case errors.As(err, &op):
		return op.Err // It names the system call.
	}
	return err
}
