package crowd

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"parkway/protocol"
	"parkway/protocol/auth"
)

// capabilities are what the clients ask for. Without ClientDeprecateEOF every result of a row has the same five packets, of all servers.
const capabilities = protocol.ClientLongPassword | protocol.ClientProtocol41 | protocol.ClientTransactions |
	protocol.ClientSecureConnection | protocol.ClientPluginAuth | protocol.ClientPluginAuthLenencData

const (
	maxPacket = 1 << 24 // what clients say that they take
	charset   = 45      // utf8mb4_general_ci
	maxWhole  = 4096    // bytes of the longest packet that a session waits for; a server that says more is broken
)

// phase is where a session is.
type phase uint8

const (
	greeting phase = iota // connected or about to be, waits for the server's first packet
	verdict               // logging in
	quiet                 // logged in, nothing under way
	asked                 // waits for the answer to a query
	gone                  // its socket is closed
)

// account is whom the sessions log in as.
type account struct {
	user, database string
	credential     auth.Credential
}

// session is the protocol's side of one client: bytes in, bytes out, no socket. There are very many, so it is small, and what only a
// login needs hangs off a pointer.
type session struct {
	fd     int32
	phase  phase
	seq    byte   // of the next packet, in either direction
	packet byte   // asked: how many packets of the answer there were
	stream byte   // asked: whose query it is
	number uint32 // asked: what the answer has to say
	since  int64  // when it began to connect, or asked: nanoseconds of the crowd's clock
	rest   []byte // of a packet that is not whole yet; nil almost always
	login  *auth.Client
}

// query appends the packet that asks for a number of the session's own, so that another's answer would be noticed.
func (s *session) query(dst []byte, number uint32) []byte {
	s.phase, s.packet, s.number = asked, 0, number
	dst, start := protocol.BeginPacket(dst)
	dst = append(dst, byte(protocol.ComQuery))
	dst = strconv.AppendUint(append(dst, "SELECT "...), uint64(number), 10)
	s.seq = 1
	return protocol.EndPacket(dst, start, 0)
}

// feed takes what has arrived and appends what has to be sent. The phase tells how far the session has come. After an error, of
// the server (*protocol.ERR) or about its bytes, the session is of no use any more. in is not kept.
func (s *session) feed(dst, in []byte, as *account) ([]byte, error) {
	if len(s.rest) > 0 {
		in = append(s.rest, in...)
	}
	for len(in) >= protocol.HeaderLen {
		length, seq := protocol.Header(in)
		if length > maxWhole {
			return dst, fmt.Errorf("a packet of %d bytes", length)
		}
		if len(in) < protocol.HeaderLen+length {
			break
		}
		var err error
		if dst, err = s.take(dst, in[protocol.HeaderLen:protocol.HeaderLen+length], seq, as); err != nil {
			return dst, err
		}
		in = in[protocol.HeaderLen+length:]
	}
	s.rest = append([]byte(nil), in...)
	return dst, nil
}

// take takes one packet.
func (s *session) take(dst, payload []byte, seq byte, as *account) ([]byte, error) {
	if len(payload) > 0 && payload[0] == errHeader {
		refusal := new(protocol.ERR)
		if err := refusal.Decode(payload); err != nil {
			return dst, err
		}
		return dst, refusal
	}
	if s.phase == quiet {
		return dst, fmt.Errorf("%d bytes that nobody asked for", len(payload))
	}
	if seq != s.seq {
		return dst, fmt.Errorf("packet %d where %d should be", seq, s.seq)
	}
	s.seq++
	switch s.phase {
	case greeting:
		return s.greeted(dst, payload, as)
	case verdict:
		return s.judged(dst, payload)
	default:
		return dst, s.answered(payload)
	}
}

const (
	errHeader = 0xff
	okHeader  = 0x00
	eofHeader = 0xfe
)

// greeted answers the greeting with the login.
func (s *session) greeted(dst, payload []byte, as *account) ([]byte, error) {
	var hello protocol.Handshake
	if err := hello.Decode(payload); err != nil {
		return dst, err
	}
	s.login = auth.NewClient(auth.ClientConfig{Plugin: hello.AuthPlugin, Nonce: hello.Nonce[:], Credential: as.credential})
	data, _, err := s.login.Step(nil)
	if err != nil {
		return dst, err
	}
	response := protocol.HandshakeResponse{
		Capabilities: capabilities, MaxPacket: maxPacket, Charset: charset,
		User: as.user, AuthData: data, Database: as.database, AuthPlugin: s.login.Plugin(),
	}
	if as.database != "" {
		response.Capabilities |= protocol.ClientConnectWithDB
	}
	s.phase = verdict
	return s.send(dst, response.Append(nil)), nil
}

// judged takes a step of the login, or its end.
func (s *session) judged(dst, payload []byte) ([]byte, error) {
	if len(payload) > 0 && payload[0] == okHeader {
		s.phase, s.login = quiet, nil
		return dst, nil
	}
	out, _, err := s.login.Step(payload)
	if err != nil || out == nil {
		return dst, err
	}
	return s.send(dst, out), nil
}

func (s *session) send(dst, payload []byte) []byte {
	dst = protocol.AppendPacket(dst, payload, s.seq)
	s.seq++
	return dst
}

var errAnswer = errors.New("an answer that is no row of one column")

// answered takes a packet of the answer: the number of columns, the column, EOF, the row, EOF.
func (s *session) answered(payload []byte) error {
	s.packet++
	switch s.packet {
	case 1:
		if len(payload) != 1 || payload[0] != 1 {
			return errAnswer
		}
	case 3, 5:
		if len(payload) == 0 || payload[0] != eofHeader {
			return errAnswer
		}
	case 4:
		value, n, ok := protocol.ReadLenencBytes(payload)
		if !ok || n != len(payload) {
			return errAnswer
		}
		if want := strconv.FormatUint(uint64(s.number), 10); string(value) != want {
			return fmt.Errorf("answered %q instead of %s", value, want)
		}
	}
	if s.packet == 5 {
		s.phase = quiet
	}
	return nil
}

// age is how long ago the session began what it is at; now is of the crowd's clock.
func (s *session) age(now int64) time.Duration { return time.Duration(now - s.since) }
