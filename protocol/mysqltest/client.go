package mysqltest

import (
	"bufio"
	"fmt"
	"net"
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/auth"
)

// BaseCapabilities are what every modern client asks for. It says nothing about the EOF dialect and the trackers.
const BaseCapabilities = protocol.ClientLongPassword | protocol.ClientLongFlag | protocol.ClientLocalFiles |
	protocol.ClientProtocol41 | protocol.ClientTransactions | protocol.ClientSecureConnection |
	protocol.ClientMultiStatements | protocol.ClientMultiResults | protocol.ClientPSMultiResults |
	protocol.ClientPluginAuth | protocol.ClientPluginAuthLenencData | protocol.ClientConnectAttrs

// ClientConfig is how a Client logs in.
type ClientConfig struct {
	Addr         string // "host:port" or "unix:/path"
	User         string // "" = root
	Password     string
	Database     string
	Capabilities protocol.Capability // asked for as far as the server has them; 0 = BaseCapabilities
	Plugin       string              // named in the response; "" = the server's default
	Attributes   []protocol.Attribute
	Charset      byte          // 0 = 45, utf8mb4_general_ci
	Timeout      time.Duration // of the dial, of the login and of each read and write; 0 = 10 s
	Transcript   *Transcript   // records both directions; may be nil
}

// Client is a raw client for one goroutine.
type Client struct {
	Greeting     protocol.Handshake
	Capabilities protocol.Capability // those in force
	Status       protocol.StatusFlags
	// Infile gives the content of a file that the server asks for; nil: every file is empty.
	Infile func(name string) []byte

	secure     bool // as the authentication sees it
	charset    byte // of the login
	conn       net.Conn
	in         *bufio.Reader
	timeout    time.Duration
	seq        byte // of the next packet, in either direction
	transcript *Transcript
}

// Dial logs in and fails the test if that doesn't work.
func Dial(t testing.TB, cfg ClientConfig) *Client {
	t.Helper()
	c, err := Connect(cfg)
	if err != nil {
		t.Fatalf("connect to %s: %v", cfg.Addr, err)
	}
	t.Cleanup(c.Close)
	return c
}

// Connect logs in. A refusal by the server is an *protocol.ERR. The caller closes the client.
func Connect(cfg ClientConfig) (*Client, error) {
	c, err := Open(cfg)
	if err != nil {
		return nil, err
	}
	if err := c.login(cfg); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Open connects and reads the greeting, no more. The caller closes the client.
func Open(cfg ClientConfig) (*Client, error) {
	c := &Client{timeout: cfg.Timeout, transcript: cfg.Transcript}
	if c.timeout == 0 {
		c.timeout = defaultTimeout
	}
	var err error
	if c.conn, err = dial(cfg.Addr, c.timeout); err != nil {
		return nil, err
	}
	c.in = bufio.NewReader(c.conn)
	greeting, err := c.ReadMessage()
	if err == nil {
		err = c.Greeting.Decode(greeting)
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("greeting: %w", err)
	}
	return c, nil
}

// Close closes the connection without a word.
func (c *Client) Close() { c.conn.Close() }

// Conn is the connection, for what a client shouldn't do. Bytes that the client read ahead are not there any more.
func (c *Client) Conn() net.Conn { return c.conn }

func (c *Client) login(cfg ClientConfig) error {
	asked := cfg.Capabilities
	if asked == 0 {
		asked = BaseCapabilities
	}
	if cfg.Database != "" {
		asked |= protocol.ClientConnectWithDB
	}
	// ClientLongPassword isn't a capability but says which of the two families speaks.
	c.Capabilities = asked & (c.Greeting.Capabilities | protocol.ClientLongPassword)
	response := protocol.HandshakeResponse{
		Capabilities: c.Capabilities, MaxPacket: 1 << 30, Charset: cfg.Charset, User: cfg.User, Database: cfg.Database,
		AuthPlugin: cfg.Plugin, Attributes: cfg.Attributes,
	}
	if response.User == "" {
		response.User = "root"
	}
	if response.Charset == 0 {
		response.Charset = 45
	}
	if cfg.Plugin == "" {
		cfg.Plugin = c.Greeting.AuthPlugin
	}
	kind, _ := network(cfg.Addr)
	c.secure, c.charset = kind == "unix", response.Charset
	exchange, data, err := c.exchange(cfg.Plugin, cfg.Password)
	if err != nil {
		return err
	}
	response.AuthPlugin, response.AuthData = exchange.Plugin(), data
	if err := c.WriteMessage(response.Append(nil)); err != nil {
		return err
	}
	return c.authenticate(exchange)
}

// ChangeUser is COM_CHANGE_USER, with the plugin of the greeting. A refusal by the server is an *protocol.ERR.
func (c *Client) ChangeUser(user, password, database string) error {
	exchange, data, err := c.exchange(c.Greeting.AuthPlugin, password)
	if err != nil {
		return err
	}
	m := protocol.ChangeUser{User: user, AuthData: data, Database: database, Charset: uint16(c.charset), AuthPlugin: exchange.Plugin()}
	if err := c.WriteCommand(protocol.ComChangeUser, m.Append(nil, c.Capabilities)[1:]...); err != nil {
		return err
	}
	return c.authenticate(exchange)
}

// exchange begins an authentication: data is the first that the client says.
func (c *Client) exchange(plugin, password string) (exchange *auth.Client, data []byte, err error) {
	exchange = auth.NewClient(auth.ClientConfig{
		Plugin: plugin, Nonce: c.Greeting.Nonce[:], Credential: auth.ClearCredential(password), Secure: c.secure,
	})
	data, _, err = exchange.Step(nil)
	return exchange, data, err
}

// authenticate goes on with the exchange until the server says OK or ERR.
func (c *Client) authenticate(exchange *auth.Client) error {
	for {
		p, err := c.ReadMessage()
		if err != nil {
			return fmt.Errorf("login: %w", err)
		}
		if len(p) > 0 && (p[0] == protocol.AuthSwitchHeader || p[0] == protocol.AuthMoreDataHeader) {
			out, _, err := exchange.Step(p)
			if err != nil {
				return err
			}
			if out != nil {
				if err := c.WriteMessage(out); err != nil {
					return err
				}
			}
			continue
		}
		if err := errorIn(p); err != nil {
			return err
		}
		var ok protocol.OK
		if err := ok.Decode(p, c.Capabilities); err != nil {
			return err
		}
		c.Status = ok.Status
		return nil
	}
}

// errorIn gives the error that an ERR packet reports, nil for another packet.
func errorIn(p []byte) error {
	if len(p) == 0 || p[0] != 0xff {
		return nil
	}
	e := new(protocol.ERR)
	if err := e.Decode(p); err != nil {
		return err
	}
	return e
}
