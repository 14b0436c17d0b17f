// Package check looks at servers for the monitor: can one be connected to, does
// it answer, is it read-only, how far is it behind its primary. Each check is
// one function over a connection, with a deadline that holds whatever the server
// does or leaves undone.
//
// What a server can do is found by asking, not by its version: a statement that
// it does not know makes place for the next one, and the choice is remembered.
package check

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"parkway/protocol"
)

// Kind is a kind of check.
type Kind uint8

// The kinds.
const (
	Connect Kind = iota
	Ping
	ReadOnly
	ReplicationLag
	NumKinds = iota
)

// String is the kind as logs, metrics and /monitor call it.
func (k Kind) String() string {
	return [...]string{"connect", "ping", "read_only", "replication_lag"}[k]
}

// Outcome is how a check ended.
type Outcome uint8

// The outcomes.
const (
	OK          Outcome = iota
	Refused             // the server has answered with an error: it is there
	Timeout             // nothing, or not all of it, came in time
	Unreachable         // no connection, or it broke
)

// String is the outcome as parkway_monitor_checks_total counts it.
func (o Outcome) String() string { return [...]string{"ok", "error", "timeout", "unreachable"}[o] }

// Result is what a check has found out.
type Result struct {
	Kind    Kind
	At      time.Time
	Took    time.Duration
	Outcome Outcome
	Err     error    // of all but OK
	Fix     string   // what an administrator does about Err or NoRoom; "" if that is not known
	NoRoom  error    // the account may not have as many connections as there are checks at once, which take turns from now on
	Switch  Switches // of ReadOnly, if OK
	Lag     Lag      // of ReplicationLag, if OK
}

// Answered reports whether the server is there, whatever it said.
func (r *Result) Answered() bool { return r.Outcome <= Refused }

// errLate is Err of a Timeout.
type errLate struct{ timeout time.Duration }

func (e errLate) Error() string { return fmt.Sprintf("no answer within %v", e.timeout) }

// errClosed is Err of a check that Close has broken off.
var errClosed = errors.New("the check was broken off")

// Check carries out a check, within timeout: Connect with a connection of its
// own, the others over one that is kept. Not on a loop.
func (t *Target) Check(kind Kind, a Account, timeout time.Duration) Result {
	r := Result{Kind: kind, At: time.Now()}
	deadline := r.At.Add(timeout)
	err := t.run(kind, a, deadline, &r)
	if t.Closed() {
		err = errClosed
	}
	r.Took = time.Since(r.At)
	switch {
	case err == nil:
	case Code(err) == protocol.ErrCodeServerShutdown:
		r.Outcome, r.Err = Unreachable, err
	case Code(err) != 0:
		r.Outcome, r.Err, r.Fix = Refused, err, Fix(err, a.User)
	case !time.Now().Before(deadline) || isTimeout(err):
		r.Outcome, r.Err = Timeout, errLate{timeout}
	default:
		r.Outcome, r.Err = Unreachable, err
	}
	return r
}

func isTimeout(err error) bool {
	var timed net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timed) && timed.Timeout()
}

// checks are what is done over a connection.
var checks = [NumKinds]func(t *Target, c *conn, r *Result) error{
	Connect:        func(*Target, *conn, *Result) error { return nil }, // The login was the check.
	Ping:           func(_ *Target, c *conn, _ *Result) error { return c.ping() },
	ReadOnly:       (*Target).readOnly,
	ReplicationLag: (*Target).lag,
}

func (t *Target) run(kind Kind, a Account, deadline time.Time, r *Result) error {
	if t.isTight() {
		return t.alone(kind, a, deadline, r)
	}
	err := t.attempt(kind, a, deadline, r)
	if !NoRoom(err) {
		return err
	}
	if !t.isTight() {
		r.NoRoom, r.Fix = err, fixRoom(a.User)
	}
	t.tightUntil.Store(time.Now().Add(tight).UnixNano())
	return t.alone(kind, a, deadline, r)
}

// attempt is run, once.
func (t *Target) attempt(kind Kind, a Account, deadline time.Time, r *Result) error {
	if kind == Connect {
		c, err := t.open(a, deadline)
		switch {
		case err != nil:
		case t.isTight():
			t.settle(c, nil) // for the next check, which had no room otherwise
		default:
			t.drop(c)
		}
		return err
	}
	if c := t.take(a); c != nil {
		err := t.use(c, deadline, func() error { return checks[kind](t, c, r) })
		if t.settle(c, err) {
			return err
		}
		if !time.Now().Before(deadline) {
			return err
		}
		// The server has closed it since it was last used: that says nothing.
	}
	c, err := t.open(a, deadline)
	if err != nil {
		return err
	}
	err = t.use(c, deadline, func() error { return checks[kind](t, c, r) })
	t.settle(c, err)
	return err
}
