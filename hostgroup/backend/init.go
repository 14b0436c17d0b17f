package backend

import (
	"errors"
	"fmt"
	"strings"

	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// The statements of init_connect run when a connection is new or was reset, and
// what they set is where every session on it begins: its baseline. The trackers
// tell what that is. A session that has not set a variable wants the baseline's
// value; one that has set it gets its own.

// baseline is what init_connect made of the connection's session.
type baseline struct {
	set   bool // there is something
	state sysvar.State
	// The last state that was asked for, and what it is on top of the baseline.
	asked, answer sysvar.State
}

// based is a session's state on this connection.
func (b *Conn) based(s sysvar.State) sysvar.State {
	base := &b.base
	if !base.set {
		return s
	}
	if base.asked != s {
		base.asked, base.answer = s, b.spec.Interner.Overlay(base.state, s)
	}
	return base.answer
}

// errInitSchema is why init_connect must not contain USE.
var errInitSchema = errors.New("init_connect must not contain USE: the default schema is the client's to choose")

// The arguments of COM_SET_OPTION.
var (
	multiStatementsOn  = []byte{0, 0}
	multiStatementsOff = []byte{1, 0}
)

// init runs init_connect. The trackers are on, if there are any. What it set
// before is set again.
func (b *Conn) init() {
	b.fresh = b.spec.Init == ""
	if b.fresh {
		return
	}
	switching := strings.Contains(b.spec.Init, ";") && !b.caps.Has(protocol.ClientMultiStatements)
	if switching {
		b.runOwn(ownCommand{cmd: protocol.ComSetOption, payload: multiStatementsOn, then: b.initRan(func() {})})
	}
	b.runReported(b.spec.Init, b.initReported, b.initRan(b.initAssigned))
	if switching {
		b.runOwn(ownCommand{cmd: protocol.ComSetOption, payload: multiStatementsOff, then: b.initRan(func() {})})
	}
}

// initRan makes the end of a command of init, which ends the connection when it
// is refused.
func (b *Conn) initRan(then func()) func([][]byte, *protocol.ERR) {
	return func(_ [][]byte, refused *protocol.ERR) {
		if refused != nil {
			b.fail(fmt.Errorf("init_connect: %w", refused))
			return
		}
		then()
	}
}

// initReported notes what the trackers say of init_connect.
func (b *Conn) initReported(ok *protocol.OK) {
	b.noteReleases(ok)
	b.baseBegins()
	in := b.spec.Interner
	for it := protocol.NewStateChanges(ok.StateChanges); it.Next(); {
		switch c := it.Change(); c.Type {
		case protocol.TrackSchema:
			b.fail(&loginError{errInitSchema})
			return
		case protocol.TrackSystemVariables:
			b.base.state.Vars, _ = in.Report(b.base.state.Vars, c.Name, c.Value)
			b.have.Session.Vars, _ = in.Report(b.have.Session.Vars, c.Name, c.Value)
		}
	}
	b.base.state.Vars = in.Complete(b.base.state.Vars, ok.StateChanges)
	b.have.Session.Vars = in.Complete(b.have.Session.Vars, ok.StateChanges)
}

// initAssigned notes the user variables that init_connect has set.
func (b *Conn) initAssigned() {
	sql := []byte(b.spec.Init)
	if !b.have.Tracked || digest.Scan(sql, 0).Flags&digest.UserVarAssign == 0 {
		return
	}
	b.baseBegins()
	in := b.spec.Interner
	b.base.state.UserVars = in.AssignUserVars(in.Empty(), sql, 0, b.have.Session.Vars, b.have.Session.Vars, true)
	b.have.Session.UserVars = b.base.state.UserVars
}

// baseBegins makes room for what init_connect sets.
func (b *Conn) baseBegins() {
	b.base.asked = sysvar.State{}
	if !b.base.set {
		b.base = baseline{set: true, state: b.unset()}
	}
}

// unset is the state of a session of which nothing is known.
func (b *Conn) unset() sysvar.State {
	empty := b.spec.Interner.Empty()
	return sysvar.State{Vars: empty, UserVars: empty}
}
