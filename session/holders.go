package session

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"parkway/hostgroup/backend"
	"parkway/hostgroup/stmt"
	"parkway/protocol"
	"parkway/protocol/sysvar"
)

// holders is who has the connections of a hostgroup: those that its clients keep from statement to statement, and those on which statements run.
type holders struct {
	hostgroup int
	kept      int
	running   int            // for clients that keep nothing
	reasons   map[string]int // of those that are kept; one may have several
	longest   []holder       // of those that are kept, without a statement for longest; at most maxHolders
}

// holder is a client that keeps a connection.
type holder struct {
	session            uint32
	client, user, why  string
	server             string
	quiet, transaction time.Duration // since its last statement; since its transaction began, 0 without one
}

const (
	maxHolders = 5 // are listed by name
	maxReasons = 5 // are named to a client
)

// count adds what the session has in the hostgroup.
func (h *holders) count(s *Session) {
	if b := s.backend; b != nil && b.Server().Hostgroup() == h.hostgroup {
		switch why := s.keptFor(); {
		case len(why) > 0:
			h.add(s, b, why, s.mine.pins, s.mine.began)
		case b.Busy():
			h.running++
		}
	}
	for _, a := range s.asides {
		if b := a.backend; b != nil && a.hostgroup == h.hostgroup {
			h.add(s, b, a.keptFor(), a.pins, a.began)
		}
	}
}

// add counts a connection that a session keeps.
func (h *holders) add(s *Session, b *backend.Conn, why []string, pins sysvar.Pins, began int64) {
	h.kept++
	for _, reason := range why {
		h.reasons[reason]++
	}
	now := s.worker.loop.Now()
	one := holder{
		session: s.id, client: s.conn.RemoteString(), user: b.Login().User, server: b.Server().String(), why: strings.Join(why, "|"),
	}
	if !b.Busy() {
		one.quiet = time.Duration(now - s.since)
	}
	if pins.Has(sysvar.InTransaction) {
		one.transaction = time.Duration(now - began)
	}
	h.list(one)
}

// list adds one to the longest, if it is among them.
func (h *holders) list(one holder) {
	at, _ := slices.BinarySearchFunc(h.longest, one, func(a, b holder) int { return cmp.Compare(b.quiet, a.quiet) })
	h.longest = slices.Insert(h.longest, at, one)
	h.longest = h.longest[:min(len(h.longest), maxHolders)]
}

// merge adds what another loop has counted.
func (h *holders) merge(other *holders) {
	h.kept += other.kept
	h.running += other.running
	for reason, n := range other.reasons {
		h.reasons[reason] += n
	}
	for _, one := range other.longest {
		h.list(one)
	}
}

// keptFor is why the session keeps the connection at hand between statements, by the words of the metric parkway_pins_total and a few more; nil if it
// doesn't.
func (s *Session) keptFor() []string {
	if !s.bound() && !s.keeps() {
		return nil
	}
	why := pinned(nil, s.mine.pins)
	for _, more := range []struct {
		holds  bool
		reason string
	}{
		{s.status&protocol.StatusInTrans != 0 && !s.mine.pins.Has(sysvar.InTransaction), "transaction"},
		{s.mine.statements.Held()&stmt.HoldText != 0, "prepared_statement"},
		{s.mine.unshareable, "unshareable"},
		{s.beingCut(), "kill"},
		{!s.sharing() || !s.worker.proxy.settings.Load().Multiplexing, "multiplexing = false"},
	} {
		if more.holds {
			why = append(why, more.reason)
		}
	}
	return why
}

// keptFor is why the session keeps the connection, which is set aside.
func (a *aside) keptFor() []string {
	if why := pinned(nil, a.pins); len(why) > 0 {
		return why
	}
	return []string{"multiplexing = false"}
}

// pinned appends the names of the pins that do not pass by themselves.
func pinned(why []string, pins sysvar.Pins) []string {
	(pins &^ sysvar.Transient).Each(func(name string) { why = append(why, name) })
	return why
}

// byNumber are the reasons, the most frequent first.
func (h *holders) byNumber() []string {
	return slices.SortedFunc(maps.Keys(h.reasons), func(a, b string) int {
		return cmp.Or(cmp.Compare(h.reasons[b], h.reasons[a]), cmp.Compare(a, b))
	})
}

// text is what a client reads that has waited for one of so many connections, beside others.
func (h *holders) text(connections int, others int64) string {
	if connections == 0 {
		return fmt.Sprintf("; there is no connection to a server of the hostgroup; %d more clients wait", others)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "; of %d connections %d are kept by their clients", connections, h.kept)
	reasons := h.byNumber()
	for i, reason := range reasons[:min(len(reasons), maxReasons)] {
		separator := ", "
		if i == 0 {
			separator = " ("
		}
		fmt.Fprintf(&b, "%s%s %d", separator, reason, h.reasons[reason])
	}
	if len(reasons) > maxReasons {
		fmt.Fprintf(&b, ", %d more reasons", len(reasons)-maxReasons)
	}
	if len(reasons) > 0 {
		b.WriteByte(')')
	}
	fmt.Fprintf(&b, " and %d run statements; %d more clients wait", h.running, others)
	return b.String()
}

// log adds all that was counted to a line of the log.
func (h *holders) log(e *zerolog.Event) {
	reasons := zerolog.Dict()
	for _, reason := range h.byNumber() {
		reasons.Int(reason, h.reasons[reason])
	}
	e.Int("kept", h.kept).Int("running", h.running).Dict("reasons", reasons)
	list := zerolog.Arr()
	for _, one := range h.longest {
		d := zerolog.Dict().Uint32("session", one.session).Str("client", one.client).Str("user", one.user).Str("server", one.server).
			Str("reason", one.why).Int64("quiet_ms", one.quiet.Milliseconds())
		if one.transaction > 0 {
			d.Int64("transaction_ms", one.transaction.Milliseconds())
		}
		list.Dict(d)
	}
	e.Array("longest", list)
}
