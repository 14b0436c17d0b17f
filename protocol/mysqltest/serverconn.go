package mysqltest

import (
	"bufio"
	"errors"
	"io"
	"net"
	"time"

	"parkway/protocol"
	"parkway/protocol/auth"
)

// serverConn is one connection of a Server; it lives on one goroutine.
type serverConn struct {
	server   *Server
	conn     net.Conn
	in       *bufio.Reader
	id       uint32
	fault    Fault
	greeting protocol.Handshake
	response protocol.HandshakeResponse
	caps     protocol.Capability
	seq      byte // of the next packet, in either direction
}

// serve runs the connection to its end. Errors of the connection end it: the client sees what happened.
func (c *serverConn) serve() {
	defer c.server.leave(c)
	c.in = bufio.NewReader(c.conn)
	if !c.greet() {
		return
	}
	if err := c.login(); err != nil {
		var refusal *protocol.ERR
		if errors.As(err, &refusal) {
			_ = c.write(refusal.Append(nil))
		}
		return
	}
	for {
		c.seq = 0
		payload, err := c.read()
		if err != nil || len(payload) == 0 {
			return
		}
		h := c.server.receive(c.id, payload)
		if protocol.Command(payload[0]) == protocol.ComQuit {
			return
		}
		w := &Answer{conn: c, out: bufio.NewWriter(c.conn), limit: -1, Status: protocol.StatusAutocommit}
		h(protocol.Command(payload[0]), payload, w)
		w.flush()
		if w.dead {
			return
		}
	}
}

// greet sends the greeting, or what a fault puts in its place; false ends the connection.
func (c *serverConn) greet() bool {
	f := &c.fault
	if f.Mute {
		_, _ = io.Copy(io.Discard, c.conn)
		return false
	}
	if !c.pause(f.Delay) {
		return false
	}
	switch {
	case f.Greeting != nil:
		_, _ = c.conn.Write(f.Greeting)
		return false
	case f.Refusal != nil:
		_ = c.write(f.Refusal.Append(nil))
		return false
	}
	g := &c.greeting
	if g.ServerVersion == "" {
		g.ServerVersion = "8.0.99-mysqltest"
	}
	if g.Capabilities == 0 {
		g.Capabilities = ServerCapabilities
	}
	if g.Charset == 0 {
		g.Charset = 45
	}
	if g.Status == 0 {
		g.Status = protocol.StatusAutocommit
	}
	if g.AuthPlugin == "" {
		g.AuthPlugin = auth.NativePassword
	}
	g.ConnectionID, g.Nonce = c.id, auth.NewNonce()
	return c.write(g.Append(nil)) == nil
}

// login reads the handshake response and verifies the client. An *protocol.ERR is what the client gets to read.
func (c *serverConn) login() error {
	p, err := c.read()
	if err != nil {
		return err
	}
	if err := c.response.Decode(p); err != nil {
		return protocol.NewERR(protocol.ErrCodeHandshake, "%v", err)
	}
	if c.fault.NoVerdict {
		_, err := io.Copy(io.Discard, c.conn)
		return errors.Join(io.EOF, err)
	}
	c.caps = c.response.Capabilities & (c.greeting.Capabilities | protocol.ClientLongPassword)
	if err := c.verify(); err != nil {
		return err
	}
	if p := c.fault.Places; p > 0 && c.server.Connections() > p {
		return protocol.NewERR(1226, "User '%s' has exceeded the 'max_user_connections' resource (current value: %d)", c.response.User, p)
	}
	ok := protocol.OK{Status: c.greeting.Status}
	return c.write(ok.Append(nil, c.caps))
}

func (c *serverConn) verify() error {
	user := c.response.User
	text, known, open := c.server.password(user)
	if open {
		return nil
	}
	password, err := auth.ParsePassword(text)
	if err != nil {
		return protocol.NewERR(protocol.ErrCodeAccessDenied, "%v", err)
	}
	exchange := auth.NewServer(auth.ServerConfig{
		Password: password, Known: known, Nonce: c.greeting.Nonce, Secure: c.conn.LocalAddr().Network() == "unix",
		Keys: keys, Plugin: c.response.AuthPlugin, DefaultPlugin: c.greeting.AuthPlugin,
	})
	in := c.response.AuthData
	for {
		out, done, err := exchange.Step(in)
		if err != nil {
			return protocol.NewERR(protocol.ErrCodeAccessDenied, "Access denied for user '%s': %v", user, err)
		}
		if out != nil {
			if err := c.write(out); err != nil {
				return err
			}
		}
		if done {
			return nil
		}
		if in, err = c.read(); err != nil {
			return err
		}
	}
}

// pause waits; false if the server was closed meanwhile.
func (c *serverConn) pause(d time.Duration) bool {
	if d == 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.server.done:
		return false
	}
}

// read reads a message and joins its packets.
func (c *serverConn) read() (message []byte, err error) {
	for {
		var header [protocol.HeaderLen]byte
		if _, err := io.ReadFull(c.in, header[:]); err != nil {
			return nil, err
		}
		length, seq := protocol.Header(header[:])
		if seq != c.seq {
			return nil, &protocol.SequenceError{Got: seq, Want: c.seq}
		}
		c.seq++
		payload := make([]byte, length)
		if _, err := io.ReadFull(c.in, payload); err != nil {
			return nil, err
		}
		message = append(message, payload...)
		if length < protocol.MaxPayload {
			return message, nil
		}
	}
}

func (c *serverConn) write(payload []byte) error {
	_, err := c.conn.Write(protocol.AppendPacket(nil, payload, c.seq))
	c.seq += byte(len(payload)/protocol.MaxPayload + 1)
	return err
}
