package check

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"database/sql/driver"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/go-sql-driver/mysql"

	"parkway/protocol"
)

// loginConn is a connection for go-sql-driver/mysql, which does not check all that it reads before the login is done, and when it panics then
// leaves a goroutine behind that nothing can end. So until the login is done it gets only whole packets that it can read; anything else is an error.
type loginConn struct {
	net.Conn
	greeted bool   // the greeting was read
	done    bool   // set when the login is
	rest    []byte // of the packet that was read last
	broken  error  // what ended the reading; nil: nothing yet. The driver does not pass it on.
}

// maxLoginPacket bounds a packet of a server's before the login is done: the longest has an RSA key.
const maxLoginPacket = 64 << 10

// errLogin is why a login ends whose packets the driver can't read.
var errLogin = errors.New("malformed packet")

// Read is for the driver.
func (c *loginConn) Read(p []byte) (n int, err error) {
	defer func() {
		if err != nil {
			c.broken = err
		}
	}()
	if len(c.rest) == 0 {
		if c.done {
			return c.Conn.Read(p)
		}
		if err := c.readPacket(); err != nil {
			return 0, err
		}
	}
	n = copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// SyscallConn is for the driver, which looks whether the server has closed the connection.
func (c *loginConn) SyscallConn() (syscall.RawConn, error) {
	s, ok := c.Conn.(syscall.Conn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return s.SyscallConn()
}

// reason is err, which the driver gave, or what it is silent about: for all that goes wrong with a connection it has one error.
func (c *loginConn) reason(err error) error {
	if !errors.Is(err, mysql.ErrInvalidConn) && !errors.Is(err, driver.ErrBadConn) {
		return err
	}
	switch {
	case c.broken == nil:
		return err
	case errors.Is(c.broken, io.EOF), errors.Is(c.broken, io.ErrUnexpectedEOF):
		return protocol.ErrHungUp
	}
	return c.broken
}

// Reason is why a connection that Dial has opened fails with err, as far as socket knows more of that than the driver says.
func Reason(socket net.Conn, err error) error {
	if c, ok := socket.(*loginConn); ok {
		return c.reason(err)
	}
	return err
}

func (c *loginConn) readPacket() error {
	var header [protocol.HeaderLen]byte
	if _, err := io.ReadFull(c.Conn, header[:]); err != nil {
		return err
	}
	length, _ := protocol.Header(header[:])
	if length == 0 || length > maxLoginPacket {
		if err := c.foreign(header[:]); err != nil {
			return err
		}
		return fmt.Errorf("%w: %d bytes", errLogin, length)
	}
	packet := append(header[:], make([]byte, length)...)
	payload := packet[protocol.HeaderLen:]
	if _, err := io.ReadFull(c.Conn, payload); err != nil {
		return err
	}
	readable := readableAnswer
	if !c.greeted {
		if err := protocol.CheckGreeting(packet); err != nil {
			return err
		}
		readable, c.greeted = readableGreeting, true
	}
	if !readable(payload) {
		return fmt.Errorf("%w: %.40q", errLogin, payload)
	}
	c.rest = packet
	return nil
}

// foreign says so if a server begins with what can't be a greeting. It reads what follows header, to quote it.
func (c *loginConn) foreign(header []byte) error {
	if c.greeted {
		return nil
	}
	begun := append(header, make([]byte, 60)...)
	n, err := c.Conn.Read(begun[len(header):])
	if err != nil {
		return nil // The header has to do.
	}
	return protocol.CheckGreeting(begun[:len(header)+n])
}

// readableGreeting reports whether the driver can read the first packet of a server: it has a nonce in two parts, as those of all servers have.
func readableGreeting(p []byte) bool {
	if p[0] == 0xff {
		return readableError(p)
	}
	const least = 4 + 8 + 1 + 2 + 3 + 2 + 7 + 4 + 13 // from the id up to the second part
	_, rest, ok := bytes.Cut(p[1:], []byte{0})
	return ok && len(rest) >= least
}

// readableAnswer reports whether the driver can read a later packet.
func readableAnswer(p []byte) bool {
	switch p[0] {
	case 0:
		return readableOK(p[1:])
	case 1:
		return readableKey(p[1:])
	case 0xfe:
		plugin, data, _ := bytes.Cut(p[1:], []byte{0})
		return string(plugin) != "mysql_native_password" || len(bytes.TrimSuffix(data, []byte{0})) >= 20
	}
	return readableError(p)
}

func readableOK(p []byte) bool {
	for range 2 { // the rows that were affected, and LAST_INSERT_ID()
		_, n, ok := protocol.ReadLenencInt(p)
		if !ok {
			return false
		}
		p = p[n:]
	}
	return len(p) >= 2 // the status
}

// readableKey reports whether a key, if it is one, is of the kind that the driver takes it for.
func readableKey(p []byte) bool {
	block, _ := pem.Decode(p)
	if block == nil {
		return true
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	_, ok := key.(*rsa.PublicKey)
	return err != nil || ok
}

// readableError reports whether p is an ERR packet, with a text, or something that the driver refuses unread.
func readableError(p []byte) bool {
	const code, state = 3, 6
	return p[0] != 0xff || len(p) > code && (p[code] != '#' || len(p) >= code+state)
}
