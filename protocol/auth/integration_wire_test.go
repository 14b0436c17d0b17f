//go:build integration

package auth

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"parkway/protocol"
)

// wire carries packets over a blocking connection.
type wire struct {
	net.Conn
	in  *bufio.Reader
	seq byte
}

func newWire(c net.Conn) *wire {
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return &wire{Conn: c, in: bufio.NewReader(c)}
}

func (w *wire) read() ([]byte, error) {
	var header [protocol.HeaderLen]byte
	if _, err := io.ReadFull(w.in, header[:]); err != nil {
		return nil, err
	}
	n, seq := protocol.Header(header[:])
	w.seq = seq + 1
	payload := make([]byte, n)
	_, err := io.ReadFull(w.in, payload)
	return payload, err
}

func (w *wire) write(payload []byte) error {
	_, err := w.Write(protocol.AppendPacket(nil, payload, w.seq))
	w.seq++
	return err
}

func (w *wire) command(command protocol.Command, argument string) error {
	w.seq = 0
	if err := w.write(append([]byte{byte(command)}, argument...)); err != nil {
		return err
	}
	p, err := w.read()
	if err != nil {
		return err
	}
	return answerError(p)
}

// answerError is the error in an OK or ERR packet.
func answerError(p []byte) error {
	if len(p) > 0 && p[0] == 0xFF {
		refusal := new(protocol.ERR)
		if err := refusal.Decode(p); err != nil {
			return err
		}
		return refusal
	}
	if len(p) == 0 || p[0] != 0x00 {
		return fmt.Errorf("unexpected answer %x", p)
	}
	return nil
}

const testCapabilities = protocol.ClientLongPassword | protocol.ClientProtocol41 | protocol.ClientSecureConnection | protocol.ClientPluginAuth |
	protocol.ClientPluginAuthLenencData | protocol.ClientTransactions

// login logs in to a real server with the client machine.
func login(address, user string, cfg ClientConfig, rec *capture) (*wire, error) {
	network := "tcp"
	if strings.HasPrefix(address, "/") {
		network = "unix"
	}
	conn, err := net.Dial(network, address)
	if err != nil {
		return nil, err
	}
	w := newWire(conn)
	if err := w.authenticate(user, cfg, rec); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

func (w *wire) authenticate(user string, cfg ClientConfig, rec *capture) error {
	p, err := w.read()
	if err != nil {
		return err
	}
	var greeting protocol.Handshake
	if err := greeting.Decode(p); err != nil {
		return err
	}
	cfg.Plugin, cfg.Nonce = greeting.AuthPlugin, greeting.Nonce[:]
	cfg.Secure = w.RemoteAddr().Network() == "unix"
	c := NewClient(cfg)
	response := protocol.HandshakeResponse{Capabilities: testCapabilities, MaxPacket: 1 << 24, Charset: 45, User: user, AuthPlugin: c.Plugin()}
	rec.About = greeting.ServerVersion
	rec.Client = &clientCapture{Plugin: cfg.Plugin, Nonce: *toHex(cfg.Nonce), Password: cfg.Credential.clear, Secure: cfg.Secure}
	if cfg.Credential.knows == knowsSHA1 {
		rec.Client.SHA1 = *toHex(cfg.Credential.stage1[:])
	}
	out, done, err := c.Step(nil)
	rec.record(nil, out, done, err)
	if err != nil {
		return err
	}
	response.AuthData = out
	if err := w.write(response.Append(nil)); err != nil {
		return err
	}
	for {
		p, err := w.read()
		if err != nil {
			return err
		}
		if len(p) > 0 && (p[0] == 0x00 || p[0] == 0xFF) {
			err := answerError(p)
			rec.Result = "accepted"
			if err != nil {
				rec.Result = err.Error()
			}
			return err
		}
		out, done, err := c.Step(p)
		rec.record(p, out, done, err)
		if err != nil {
			return err
		}
		if out != nil {
			if err := w.write(out); err != nil {
				return err
			}
		}
	}
}

// serve greets a real client and verifies it with the server machine; then it answers OK to everything.
func (w *wire) serve(cfg ServerConfig, rec *capture) error {
	greeting := protocol.Handshake{ServerVersion: "8.4.0", ConnectionID: 1, Nonce: cfg.Nonce, Charset: 45, AuthPlugin: cfg.DefaultPlugin,
		Capabilities: testCapabilities | protocol.ClientConnectAttrs}
	if err := w.write(greeting.Append(nil)); err != nil {
		return err
	}
	p, err := w.read()
	if err != nil {
		return err
	}
	var response protocol.HandshakeResponse
	if err := response.Decode(p); err != nil {
		return err
	}
	cfg.Plugin, cfg.LacksNative = response.AuthPlugin, LacksNative(response.Attributes)
	rec.Server.Plugin, rec.Server.LacksNative = cfg.Plugin, cfg.LacksNative
	for _, a := range response.Attributes {
		if strings.HasPrefix(a.Key, "_client_") {
			rec.About += a.Value + " "
		}
	}
	s := NewServer(cfg)
	for in := response.AuthData; ; {
		out, done, err := s.Step(in)
		rec.record(in, out, done, err)
		if err != nil {
			w.write(protocol.NewERR(protocol.ErrCodeAccessDenied, "denied").Append(nil))
			return err
		}
		if out != nil {
			if err := w.write(out); err != nil {
				return err
			}
		}
		if done {
			break
		}
		if in, err = w.read(); err != nil {
			return errors.Join(err, s.Abandoned())
		}
	}
	ok := protocol.OK{Status: protocol.StatusAutocommit}
	for {
		if err := w.write(ok.Append(nil, response.Capabilities)); err != nil {
			return err
		}
		if p, err := w.read(); err != nil || len(p) == 0 || protocol.Command(p[0]) == protocol.ComQuit {
			return err
		}
	}
}
