package check

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// An account that may have few connections (MAX_USER_CONNECTIONS) has no room for one of each kind of check. When the server says so, the checks
// take turns, over one connection: for a while, as the room may have been taken by somebody else.

// Connections is how many connections to a server the proxy's own account uses at most: one for each kind of check, and one that kills.
const Connections = NumKinds + 1

const (
	tight      = 10 * time.Minute       // how long checks take turns
	firstPause = 5 * time.Millisecond   // until the next attempt: a server takes a moment to see that a connection was closed
	lastPause  = 100 * time.Millisecond // doubled up to that
)

// Codes of a server that allows an account no more connections: by the account's own limit, which has one code with limits to other
// things, and by that of all.
const (
	errUserLimit              = 1226
	errTooManyUserConnections = 1203
)

// NoRoom reports whether the server has refused a connection because the account has too many.
func NoRoom(err error) bool {
	switch Code(err) {
	case errTooManyUserConnections:
		return true
	case errUserLimit:
		return strings.Contains(err.Error(), "max_user_connections")
	}
	return false
}

// fixRoom is what an administrator does about NoRoom.
func fixRoom(user string) string {
	return fmt.Sprintf("ALTER USER '%s'@'%%' WITH MAX_USER_CONNECTIONS %d", user, Connections)
}

// isTight reports whether checks take turns.
func (t *Target) isTight() bool { return time.Now().UnixNano() < t.tightUntil.Load() }

// alone carries out a check while no other one runs alone.
func (t *Target) alone(kind Kind, a Account, deadline time.Time, r *Result) error {
	late := time.NewTimer(time.Until(deadline))
	defer late.Stop()
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-t.ctx.Done():
		return errClosed
	case <-late.C:
		return os.ErrDeadlineExceeded
	}
	var refused error
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		if kind == Connect { // which uses none that is there; others may have come back since the last attempt
			t.discard(func(*conn) bool { return true })
		}
		err := t.attempt(kind, a, deadline, r)
		if refused != nil && err != nil && Code(err) == 0 {
			return refused // There was no time left for another answer.
		}
		if !NoRoom(err) || time.Now().Add(pause).After(deadline) {
			return err
		}
		refused = err
		again := time.NewTimer(pause)
		select {
		case <-again.C:
		case <-t.ctx.Done():
			again.Stop()
			return errClosed
		}
	}
}
