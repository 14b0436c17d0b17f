package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"parkway/bench/servers"
	"parkway/bench/torture/play"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// multiplexer is a proxy as a subject. It gives each client a connection to the
// server of its own, or shares them, and then it is wrong on purpose: it lets a
// transaction stay together and restores the schema, unless told not to, and
// nothing else.
type multiplexer struct {
	// Immutable.
	t           testing.TB
	cluster     *servers.Cluster
	shares      bool
	cutsTransac bool // hands connections on in mid-transaction
	keepsSchema bool // leaves the schema as the client before had it

	// Replaced by fresh.
	server *mysqltest.Server
	pool   *pool
}

// pool is what one run of a multiplexer has.
type pool struct {
	// Guarded by mu, which is held while a command runs: one runs at a time.
	mu      sync.Mutex
	closed  bool
	limit   int
	lines   map[string][]*line     // by what clients must have in common
	clients map[uint32]*clientSide // by connection id
	turn    int
}

// line is a connection to the server.
type line struct {
	client *mysqltest.Client
	reader protocol.ResponseReader
	schema string
	owner  *clientSide // keeps it; nil: nobody
}

// clientSide is a client of the multiplexer.
type clientSide struct {
	schema string
	line   *line // kept for this client alone; nil: none
}

func (m *multiplexer) fresh(_ context.Context, backends int) (string, error) {
	if err := m.close(); err != nil {
		return "", err
	}
	p := &pool{limit: backends, lines: map[string][]*line{}, clients: map[uint32]*clientSide{}}
	m.pool = p
	greeting := protocol.Handshake{Capabilities: mysqltest.ServerCapabilities}
	m.server = mysqltest.NewServer(m.t, mysqltest.ServerConfig{Greeting: greeting, Handler: func(cmd protocol.Command, payload []byte, w *mysqltest.Answer) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if err := m.serve(p, cmd, payload, w); err != nil {
			w.Die()
		}
	}})
	return m.server.Addr(), nil
}

func (m *multiplexer) close() error {
	if m.server == nil {
		return nil
	}
	m.server.Close()
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	m.pool.closed = true
	for _, lines := range m.pool.lines {
		for _, l := range lines {
			l.client.Close()
		}
	}
	m.server = nil
	return nil
}

// serve runs one command on some line.
func (m *multiplexer) serve(p *pool, cmd protocol.Command, payload []byte, w *mysqltest.Answer) error {
	if p.closed {
		return fmt.Errorf("closed")
	}
	login := w.Login()
	c := p.clients[w.ConnectionID()]
	if c == nil {
		c = &clientSide{schema: login.Database}
		p.clients[w.ConnectionID()] = c
	}
	l, err := m.line(p, c, login)
	if err != nil {
		return err
	}
	if l.schema != c.schema && c.schema != "" && !m.keepsSchema {
		if _, err := l.exchange(protocol.ComInitDB, []byte(c.schema)); err != nil {
			return err
		}
		l.schema = c.schema
	}
	answer, err := l.exchange(cmd, payload[1:])
	if err != nil {
		return err
	}
	if _, failed := l.reader.Failed(); !failed {
		if schema := chosenSchema(cmd, payload); schema != "" {
			c.schema, l.schema = schema, schema
		}
	}
	l.owner, c.line = nil, nil
	if !m.shares || l.reader.Status()&protocol.StatusInTrans != 0 && !m.cutsTransac {
		l.owner, c.line = c, l
	}
	w.Raw(answer)
	return nil
}

// line chooses a line for a client: the one it keeps, else the next free one.
func (m *multiplexer) line(p *pool, c *clientSide, login protocol.HandshakeResponse) (*line, error) {
	if c.line != nil {
		return c.line, nil
	}
	key := fmt.Sprint(login.Capabilities&^protocol.ClientConnectWithDB, login.Charset, login.Database == "")
	lines := p.lines[key]
	if m.shares && len(lines) >= p.limit {
		for range lines {
			p.turn++
			if l := lines[p.turn%len(lines)]; l.owner == nil {
				return l, nil
			}
		}
	}
	s := m.cluster.Servers[0]
	client, err := mysqltest.Connect(mysqltest.ClientConfig{
		Addr: fmt.Sprintf("%s:%d", s.Host, s.Port), User: play.User, Password: play.User,
		Database: login.Database, Charset: login.Charset, Capabilities: login.Capabilities, Timeout: answerLimit,
	})
	if err != nil {
		return nil, err
	}
	l := &line{client: client, schema: login.Database}
	l.reader.SetStatus(client.Status)
	p.lines[key] = append(lines, l)
	return l, nil
}

// exchange sends a command and returns the packets of its answer.
func (l *line) exchange(cmd protocol.Command, rest []byte) ([]byte, error) {
	if err := l.client.WriteCommand(cmd, rest...); err != nil || !cmd.HasAnswer() {
		return nil, err
	}
	l.reader.Start(cmd, l.client.Capabilities, 1)
	var answer []byte
	for used := 0; ; {
		seq := l.client.NextSeq()
		p, err := l.client.ReadPacket()
		if err != nil {
			return nil, err
		}
		answer = protocol.AppendPacket(answer, p, seq)
		n, progress, err := l.reader.Feed(answer[used:])
		used += n
		if err != nil || progress == protocol.Done {
			return answer, err
		}
	}
}

// chosenSchema is the schema that a command chooses; "" if it chooses none.
func chosenSchema(cmd protocol.Command, payload []byte) string {
	text := string(payload[1:])
	if cmd == protocol.ComInitDB {
		return text
	}
	if verb, rest, _ := strings.Cut(text, " "); cmd == protocol.ComQuery && strings.EqualFold(verb, "USE") {
		return strings.TrimSpace(rest)
	}
	return ""
}
