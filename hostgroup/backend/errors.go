package backend

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"parkway/protocol"
	"parkway/reactor"
)

// Stage says how far a connection had come when it failed.
type Stage uint8

// The stages, in their order.
const (
	StageConnect Stage = iota // no TCP or unix connection
	StageGreet                // connected, no usable greeting
	StageLogin                // greeted, not logged in
	StagePrepare              // logged in, not brought to its session's state
	StageIdle                 // logged in, no statement under way
	StageCommand              // a statement was under way
)

var stageNames = [...]string{
	StageConnect: "connect to",
	StageGreet:   "greeting of",
	StageLogin:   "login at",
	StagePrepare: "preparation of the connection to",
	StageIdle:    "connection to",
	StageCommand: "answer of",
}

// errUnsolicited is the cause when a server spoke without being asked.
var errUnsolicited = errors.New("bytes that belong to no answer")

// Error says why a backend connection ended.
type Error struct {
	Server string
	Stage  Stage
	Cause  error // a *protocol.ERR if the server itself said why
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s %s: %v", stageNames[e.Stage], e.Server, e.Cause)
}

func (e *Error) Unwrap() error { return e.Cause }

// plainly is why a connection to a server at address ended, by what the reactor says of it: in words, and without the address if that is
// the server's name.
func plainly(err error, server, address string) error {
	var dial *reactor.DialError
	switch {
	case err == io.EOF:
		return protocol.ErrHungUp
	case errors.As(err, &dial) && server == address:
		return dial.Err
	}
	return err
}

// Refusals that another server, or the same one a moment later, may not repeat.
var passing = []uint16{
	protocol.ErrCodeTooManyConnections,
	protocol.ErrCodeTooManyUserConnections,
	protocol.ErrCodeUserLimit,
	protocol.ErrCodeServerShutdown,
	protocol.ErrCodeHostBlocked,
}

// Retryable reports whether trying to connect again makes sense: it does
// unless the server answered properly and said no to this login, or its login
// can't be served by what is known of the user.
func (e *Error) Retryable() bool {
	if e.Stage > StagePrepare {
		return false
	}
	if said := e.Said(); said != nil {
		return slices.Contains(passing, said.Code)
	}
	return e.Stage < StageLogin || !e.final()
}

// Said returns the server's own words, nil if it left without any.
func (e *Error) Said() *protocol.ERR {
	var said *protocol.ERR
	var malformed *protocol.MalformedError
	switch {
	case errors.As(e.Cause, &said):
		return said
	case errors.As(e.Cause, &malformed):
		return malformed.Server
	}
	return nil
}

// final reports whether the login failed for a reason that lies in what the
// proxy knows, not in the connection.
func (e *Error) final() bool {
	var f *loginError
	return errors.As(e.Cause, &f)
}

// loginError wraps a login that can't succeed with this server: a plugin that
// is not supported, a password known only as a hash, a missing capability.
type loginError struct{ error }

func (e *loginError) Unwrap() error { return e.error }

// Refusals of a login that a client knows from a direct connection and is
// given word for word.
var verbatim = []uint16{
	protocol.ErrCodeDBAccessDenied,
	protocol.ErrCodeBadDB,
}

// Packet returns the error as the client reads it. What the server said about
// a running statement or an idle connection is passed on as it is; the rest
// names the server, under the server's code if it gave one, else under code.
func (e *Error) Packet(code uint16) *protocol.ERR {
	said := e.Said()
	if said == nil {
		return protocol.NewERR(code, "parkway: %v", e)
	}
	if e.Stage >= StageIdle || slices.Contains(verbatim, said.Code) {
		return said
	}
	return &protocol.ERR{Code: said.Code, State: said.State, Message: "parkway: " + e.Error()}
}
