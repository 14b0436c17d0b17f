package auth

import (
	"bytes"
	"fmt"

	"parkway/protocol"
)

// ClientConfig is what Client needs to know of one login to a server.
type ClientConfig struct {
	Plugin     string // that the server's greeting named; may be empty
	Nonce      []byte // of the greeting, 20 bytes, with or without the NUL that ends it; kept until the first Step
	Credential Credential
	Secure     bool // unix socket or TLS: clear passwords may pass
}

// Client logs in to one server, step by step, as a client does. Not safe for concurrent use; no I/O.
type Client struct {
	cfg      ClientConfig
	state    clientState
	plugin   string // in use
	answerer answerer
	switches int
}

type clientState byte

const (
	clientStart clientState = iota
	clientAnswering
	clientFailed
)

// maxSwitches bounds how often a server may change its mind: MariaDB asks for one plugin after the other when an account
// has several.
const maxSwitches = 8

// nextFactorHeader begins MySQL's AuthNextFactor: another plugin after the first one was satisfied.
const nextFactorHeader = 0x02

// answerer is the client's half of a plugin, for one login.
type answerer interface {
	// first answers the challenge that came with the greeting or the auth switch. out is not nil without an error.
	first(c *Client, data []byte) (out []byte, done bool, err error)
	// more takes what the server sent as "more data", without the header.
	more(c *Client, in []byte) (out []byte, done bool, err error)
}

// clientPlugin is an entry of the table of plugins that servers can be answered with.
type clientPlugin struct {
	needs      knowledge // of the password
	secureOnly bool
	inGreeting bool // can answer the 20 bytes of a greeting
	answerer   func() answerer
}

var clientPlugins = map[string]clientPlugin{
	NativePassword:      {needs: knowsSHA1, inGreeting: true, answerer: newNativeAnswerer},
	CachingSHA2Password: {needs: knowsClear, inGreeting: true, answerer: newCachingSHA2Answerer},
	ClearPassword:       {needs: knowsClear, inGreeting: true, secureOnly: true, answerer: newClearAnswerer},
	ClientEd25519:       {needs: knowsClear, answerer: newEd25519Answerer},
}

// NewClient prepares the login to one server.
func NewClient(cfg ClientConfig) *Client {
	c := &Client{cfg: cfg, plugin: NativePassword}
	if plugin, ok := clientPlugins[cfg.Plugin]; ok && plugin.inGreeting && plugin.check(cfg.Plugin, &cfg) == nil {
		c.plugin = cfg.Plugin
	}
	return c
}

// Plugin is the plugin in use. Before the first Step it is the one to name in the HandshakeResponse: the server's, or, where
// that cannot be used, mysql_native_password, for the server to switch to what the account needs.
func (c *Client) Plugin() string { return c.plugin }

// Step takes what the server sent. The first call's in is ignored and out is the auth data for the HandshakeResponse. Later
// calls take payloads with header 0x01 (more data) or 0xFE (auth switch); OK and ERR are the caller's. in is not kept.
//
// out is the payload to send, nil if there is none; an empty one that is not nil is sent as an empty packet; it must
// not be changed. done: the plugin has
// said all it can, the server should answer OK or ERR now, but may still switch. Any error ends the exchange:
// *UnsupportedPluginError, *MalformedError, ErrNoCredential or one that wraps ErrNeedClear.
func (c *Client) Step(in []byte) (out []byte, done bool, err error) {
	switch c.state {
	case clientStart:
		c.state = clientAnswering
		out, done, err = c.begin(c.plugin, c.cfg.Nonce)
	case clientAnswering:
		out, done, err = c.proceed(in)
	default:
		return nil, false, ErrFinished
	}
	if err != nil {
		c.state = clientFailed
		return nil, false, err
	}
	return out, done, nil
}

func (c *Client) proceed(in []byte) (out []byte, done bool, err error) {
	if len(in) == 0 {
		return nil, false, &MalformedError{Plugin: c.plugin, Reason: "empty packet"}
	}
	switch in[0] {
	case protocol.AuthSwitchHeader:
		var request protocol.AuthSwitchRequest
		if err := request.Decode(in); err != nil {
			return nil, false, &MalformedError{Plugin: c.plugin, Reason: err.Error()}
		}
		if c.switches++; c.switches > maxSwitches {
			return nil, false, &MalformedError{Plugin: request.Plugin, Reason: "the server switches plugins without end"}
		}
		return c.begin(request.Plugin, request.Data)
	case protocol.AuthMoreDataHeader:
		return c.answerer.more(c, in[1:])
	case nextFactorHeader:
		name, _, _ := bytes.Cut(in[1:], []byte{0})
		return nil, false, &UnsupportedPluginError{Plugin: string(name), Reason: "multi-factor authentication is not supported"}
	default:
		return nil, false, &MalformedError{Plugin: c.plugin, Reason: fmt.Sprintf("packet begins with 0x%02x", in[0])}
	}
}

// begin answers a challenge with a plugin.
func (c *Client) begin(name string, challenge []byte) (out []byte, done bool, err error) {
	plugin, ok := clientPlugins[name]
	if !ok {
		return nil, false, &UnsupportedPluginError{Plugin: name}
	}
	if err := plugin.check(name, &c.cfg); err != nil {
		return nil, false, err
	}
	c.plugin = name
	c.answerer = plugin.answerer()
	return c.answerer.first(c, challenge)
}

// check says why the plugin cannot be used for this login; nil if it can.
func (p clientPlugin) check(name string, cfg *ClientConfig) error {
	switch {
	case p.secureOnly && !cfg.Secure:
		return &UnsupportedPluginError{Plugin: name, Reason: "it would send the password in clear over a connection that is not secure"}
	case !cfg.Credential.Known():
		return ErrNoCredential
	case cfg.Credential.knows < p.needs:
		return fmt.Errorf("authentication plugin '%s': %w", name, ErrNeedClear)
	}
	return nil
}
