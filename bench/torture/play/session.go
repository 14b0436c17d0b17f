package play

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"parkway/bench/servers"
	"parkway/bench/torture/script"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// session is one client's connection. It belongs to one goroutine.
type session struct {
	client *mysqltest.Client
	config script.Client
	slots  map[int]*statement
	ids    []uint32    // of all statements so far
	ended  bool        // the connection, not in the client's own way
	stop   func() bool // ends the watch over the context
	// cursorSticks: a statement that was executed with a cursor always is. MySQL
	// 9.7, asked for another execution without one, leaves out an end of the
	// columns or of the rows, and clients wait for it.
	cursorSticks bool
	unselected   bool // see record
}

// actions are the methods for each verb.
var actions = map[script.Verb]func(*session, *record, script.Step) error{
	script.Query:          (*session).query,
	script.Prepare:        (*session).prepare,
	script.Execute:        (*session).execute,
	script.Fetch:          (*session).fetch,
	script.LongData:       (*session).longData,
	script.ResetStatement: (*session).resetStatement,
	script.CloseStatement: (*session).closeStatement,
	script.InitDB:         (*session).initDB,
	script.ChangeUser:     (*session).changeUser,
	script.ResetSession:   (*session).reset,
	script.SetOption:      (*session).setOption,
	script.Ping:           (*session).ping,
}

// open logs in. The session is nil when that fails. When ctx ends, so does the
// connection.
func open(ctx context.Context, target Target, flavor string, c script.Client) (*session, Answer) {
	client, err := mysqltest.Connect(mysqltest.ClientConfig{
		Addr: target.Addr, User: User, Password: User, Database: c.Schema, Charset: c.Charset, Timeout: target.Timeout,
		Capabilities: mysqltest.BaseCapabilities&^protocol.ClientMultiStatements | c.Capabilities,
	})
	if err != nil {
		return nil, Answer{"login: " + describe(err)}
	}
	s := &session{client: client, config: c, slots: map[int]*statement{}}
	s.cursorSticks = flavor == servers.MySQL.String()
	s.unselected = !s.cursorSticks && c.Schema == ""
	s.stop = context.AfterFunc(ctx, client.Close)
	return s, Answer{fmt.Sprintf("login: capabilities %v, status %s", client.Capabilities, statusText(client.Status))}
}

// do takes one step.
func (s *session) do(step script.Step) Answer {
	r := new(record)
	s.finish(r, actions[step.Verb](s, r, step))
	s.anonymous(r.lines)
	return r.lines
}

// aboutStatements are the codes of errors whose text has a statement's id.
var aboutStatements = []string{"1243", "1421"}

// quotedID is the id in an error that SHOW WARNINGS quotes. Behind a proxy it is the server's, which the client was never told.
var quotedID = regexp.MustCompile(`\(\d+\)`)

// anonymous takes the ids of statements out of errors, and out of rows that
// quote errors.
func (s *session) anonymous(lines []string) {
	for i, line := range lines {
		if !slices.ContainsFunc(aboutStatements, func(code string) bool { return strings.Contains(line, code) }) {
			continue
		}
		if strings.HasPrefix(line, "row ") {
			line = quotedID.ReplaceAllString(line, "(id)")
		}
		for _, id := range s.ids {
			line = strings.ReplaceAll(line, fmt.Sprintf("(%d)", id), "(id)")
		}
		lines[i] = line
	}
}

// finish writes down the error that ended an answer, if one did.
func (s *session) finish(r *record, err error) {
	if err == nil {
		return
	}
	r.addf("error: %s", describe(err))
	var said *protocol.ERR
	s.ended = s.ended || !errors.As(err, &said)
}

// leave ends the connection.
func (s *session) leave(how script.Leave) Answer {
	r := new(record)
	if !s.ended {
		switch how {
		case script.Quit:
			s.finish(r, s.client.WriteCommand(protocol.ComQuit))
		case script.Reset:
			s.finish(r, s.reset(r, script.Step{}))
		}
	}
	s.stop()
	s.client.Close()
	return r.lines
}

func (s *session) query(r *record, step script.Step) error {
	results, err := s.client.Query(step.Text)
	r.results(results, err, textRow)
	return err
}

func (s *session) initDB(r *record, step script.Step) error {
	return s.command(r, protocol.ComInitDB, []byte(step.Text)...)
}

func (s *session) ping(r *record, _ script.Step) error { return s.command(r, protocol.ComPing) }

func (s *session) setOption(r *record, step script.Step) error {
	return s.command(r, protocol.ComSetOption, binary.LittleEndian.AppendUint16(nil, uint16(step.Number))...)
}

func (s *session) reset(r *record, _ script.Step) error {
	clear(s.slots)
	return s.command(r, protocol.ComResetConnection)
}

func (s *session) command(r *record, cmd protocol.Command, rest ...byte) error {
	results, err := s.client.Command(cmd, rest...)
	r.results(results, err, textRow)
	return err
}

// changeUser sends COM_CHANGE_USER and goes through the authentication. How
// many messages that takes is between the server and the client's login, and
// not written down.
func (s *session) changeUser(r *record, step script.Step) error {
	clear(s.slots)
	if err := s.client.ChangeUser(step.Text, step.Text, step.Schema); err != nil {
		return err
	}
	r.addf("changed, status %s", statusText(s.client.Status))
	return nil
}

// What is said of errors that have no code.
const (
	noAnswer = "no answer"
	hasEnded = "the connection has ended"
)

// describe is an error as both sides would say it.
func describe(err error) string {
	var said *protocol.ERR
	var timeout net.Error
	switch {
	case errors.As(err, &said):
		return fmt.Sprintf("%d (%s): %s", said.Code, said.State, said.Message)
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, os.ErrDeadlineExceeded):
		return noAnswer
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return hasEnded
	default:
		return err.Error()
	}
}
