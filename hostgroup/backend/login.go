package backend

import (
	"fmt"

	"parkway/protocol"
	"parkway/protocol/auth"
)

// Serves reports whether clients of a user, who negotiated this Class, may share the connection.
func (l *Login) Serves(user string, class protocol.Capability) bool {
	return l.User == user && l.Shared && l.Capabilities&Class == class
}

// Class is the part of a client's capabilities that changes what a server
// sends or accepts, so that a connection can serve only clients of its class.
const Class = protocol.ClientLongPassword | protocol.ClientFoundRows | protocol.ClientLongFlag |
	protocol.ClientNoSchema | protocol.ClientODBC | protocol.ClientLocalFiles |
	protocol.ClientIgnoreSpace | protocol.ClientInteractive | protocol.ClientMultiStatements |
	protocol.ClientMultiResults | protocol.ClientPSMultiResults |
	protocol.ClientDeprecateEOF | protocol.ClientQueryAttributes |
	protocol.MariaDBProgress | protocol.MariaDBStmtBulk | protocol.MariaDBExtendedMetadata

// own are the capabilities that the proxy itself needs for its logins.
const own = protocol.ClientProtocol41 | protocol.ClientSecureConnection | protocol.ClientTransactions |
	protocol.ClientPluginAuth

// wanted are used where the server has them.
const wanted = protocol.ClientConnectAttrs | protocol.ClientPluginAuthLenencData

// maxLoginPacket bounds a packet of the login: the largest real one is a
// public key of about 450 bytes.
const maxLoginPacket = 16 << 10

// What the last packet of a login begins with.
const (
	okHeader  = 0x00
	errHeader = 0xff
)

// clientMaxPacket is the packet size that the proxy says it accepts.
const clientMaxPacket = 1 << 30

// login is what a connection needs only until it is logged in.
type login struct {
	reader protocol.MessageReader
	seq    byte
	client *auth.Client
}

// onLogin takes the next packets of greeting and authentication.
func (b *Conn) onLogin(p []byte) int {
	used := 0
	for b.login != nil && b.state != closing {
		l := b.login
		if b.state == greeting {
			if err := protocol.CheckGreeting(p); err != nil {
				b.fail(err)
				return len(p)
			}
		}
		l.reader.Start(l.seq, maxLoginPacket)
		n, done, err := l.reader.Feed(p[used:])
		if err == nil && !done && n > 0 {
			err = fmt.Errorf("a packet of %d bytes is none of a login", l.reader.Size())
		}
		if err != nil {
			b.fail(err)
			return len(p)
		}
		if !done {
			return used
		}
		payload := p[used+protocol.HeaderLen : used+n]
		used += n
		l.seq = l.reader.NextSeq()
		if b.state == greeting {
			err = b.onGreeting(payload)
		} else {
			err = b.onAuth(payload)
		}
		if err != nil {
			b.fail(err)
			return len(p)
		}
	}
	if used < len(p) && b.state == idle {
		b.onUnsolicited(p[used:])
		return len(p)
	}
	return used
}

func (b *Conn) onGreeting(payload []byte) error {
	var h protocol.Handshake
	if err := h.Decode(payload); err != nil {
		return err
	}
	b.thread = h.ConnectionID
	b.spec.Greeted(b.spec.Server, &h)
	b.setState(authing)
	response, err := b.respond(&h)
	if err != nil {
		return err
	}
	b.reply(response.Append(nil))
	return nil
}

// respond makes the answer to the greeting.
func (b *Conn) respond(h *protocol.Handshake) (*protocol.HandshakeResponse, error) {
	want := b.spec.Login
	// CLIENT_LONG_PASSWORD is no capability of a MariaDB server (there the bit,
	// unset, announces the extended ones), yet every server accepts it.
	need := want.Capabilities&Class | own
	use := wanted
	if want.Shared {
		use |= protocol.ClientSessionTrack
	} else {
		need |= want.Capabilities & protocol.ClientSessionTrack
	}
	if missing := need &^ h.Capabilities &^ protocol.ClientLongPassword; missing != 0 {
		return nil, &loginError{fmt.Errorf("the server (%s) lacks what the client was offered: %s", h.ServerVersion, missing)}
	}
	r := &protocol.HandshakeResponse{
		Capabilities: need | use&h.Capabilities,
		MaxPacket:    clientMaxPacket,
		Charset:      want.Charset,
		User:         want.User,
		Attributes:   want.Attributes,
	}
	if want.Schema != "" {
		r.Capabilities |= protocol.ClientConnectWithDB
		r.Database = want.Schema
	}
	b.caps = r.Capabilities
	b.login.client = auth.NewClient(auth.ClientConfig{
		Plugin:     h.AuthPlugin,
		Nonce:      h.Nonce[:],
		Credential: want.Credential,
		Secure:     b.spec.Server.IsUnix(),
	})
	r.AuthPlugin = b.login.client.Plugin()
	data, _, err := b.login.client.Step(nil)
	if err != nil {
		return nil, &loginError{err}
	}
	r.AuthData = data
	return r, nil
}

// onAuth takes one packet of the authentication.
func (b *Conn) onAuth(payload []byte) error {
	if len(payload) == 0 {
		return fmt.Errorf("an empty packet is none of a login")
	}
	switch payload[0] {
	case okHeader:
		var ok protocol.OK
		if err := ok.Decode(payload, b.caps); err != nil {
			return err
		}
		b.answer.SetStatus(ok.Status)
		b.login = nil
		b.setState(preparing)
		b.prepare()
		return nil
	case errHeader:
		said := new(protocol.ERR)
		if err := said.Decode(payload); err != nil {
			return err
		}
		return said
	}
	out, _, err := b.login.client.Step(payload)
	if err != nil {
		return &loginError{err}
	}
	if out != nil {
		b.reply(out)
	}
	return nil
}

// reply sends one packet of the login.
func (b *Conn) reply(payload []byte) {
	b.conn.Write(protocol.AppendPacket(nil, payload, b.login.seq))
	b.login.seq++
}
