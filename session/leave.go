package session

import (
	"errors"
	"fmt"

	"parkway/hostgroup"
	"parkway/hostgroup/backend"
	"parkway/protocol"
)

// What sessions do about servers that are not to be used any more: those that
// the configuration takes away, those that answer no ping, and those that have
// gone to the other hostgroup of their pair or to another address. (OFFLINE_SOFT: see soft.go.)

// leaveServer ends the session if a server of its is OFFLINE_HARD, lets go of
// connections to those that are silent, and of those that it need not have to
// one that is to be left.
func (s *Session) leaveServer() {
	table := s.worker.proxy.hostgroups.Table()
	status := func(b *backend.Conn) hostgroup.Status { return table.StatusOf(b.Server()) }
	for _, a := range s.asides {
		switch {
		case a.backend == nil:
		case status(a.backend) == hostgroup.OfflineHard:
			a.taken()
		case a.backend.Server().Silent() != "":
			a.backend.Fail(silent(a.backend))
		case isFormer(a.backend) && !a.inTrans && a.holds():
			s.interrupt(former(a.backend))
		}
	}
	if b := s.backend; b != nil {
		switch {
		case status(b) == hostgroup.OfflineHard:
			s.interrupt(taken(b))
		case b.Server().Silent() != "":
			b.Fail(silent(b))
		case isFormer(b) && s.state == ready:
			s.leaveFormer()
		}
	}
	if s.state != closing {
		s.letGo(status)
		s.reconsider()
	}
}

// taken is what a client reads whose server is not to be used any more.
func taken(b *backend.Conn) *protocol.ERR {
	return protocol.NewERR(protocol.ErrCodeNewAbortingConnection, "parkway: server %s was taken offline (OFFLINE_HARD)", b.Server())
}

// silent is why a connection is given up whose server answers no ping.
func silent(b *backend.Conn) error {
	return fmt.Errorf("the server was shunned: %w", errors.New(b.Server().Silent()))
}

// isFormer reports whether the session's next statement should not go to b: its
// server has gone to the other hostgroup of its pair, or its name means another
// machine by now.
func isFormer(b *backend.Conn) bool { return b.Server().Left() || b.Elsewhere() }

// leaveFormer lets go of a connection for which isFormer is true, between two commands and outside of transactions: what
// comes next is for the server that is in the hostgroup now. State that can't be
// taken there ends the session.
func (s *Session) leaveFormer() {
	switch b := s.backend; {
	case s.status&protocol.StatusInTrans != 0 || s.beingCut() || !b.Idle():
	case s.sharing() && !s.heldBy(^passing):
		s.part()
	default:
		s.goodbye(former(b))
	}
}

// former is what a client reads who had something at a connection for which
// isFormer is true.
func former(b *backend.Conn) *protocol.ERR {
	if b.Elsewhere() {
		return protocol.NewERR(protocol.ErrCodeNewAbortingConnection,
			"parkway: server %s has another address now, and the session had state there that no other server has", b.Server())
	}
	return protocol.NewERR(protocol.ErrCodeNewAbortingConnection,
		"parkway: server %s has left hostgroup %d, by its read_only, and the session had state there that no other server has",
		b.Server(), b.Server().Hostgroup())
}
