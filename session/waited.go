package session

import (
	"time"

	"github.com/rs/zerolog"
)

// Who has waited for a connection in vain reads who has them, and the log says more. All loops are asked for that, but
// not for each of the thousands of clients that may wait.

// waited is the answer for a hostgroup, on one loop.
type waited struct {
	at    int64 // loop time of it; 0: there is none
	text  string
	asked []func(text string) // that wait for the next; loops are being asked if there are any
}

// waitedFor is for how long, on one loop, the same answer is given.
const waitedFor = time.Second

// explainWait tells then, on the loop, at once or later, what to say to a client that has waited for a connection of the hostgroup in vain. It is
// called on that loop.
func (p *Proxy) explainWait(loop, hostgroup int, then func(text string)) {
	w := p.workers[loop]
	a := w.waited[hostgroup]
	if a == nil {
		a = new(waited)
		w.waited[hostgroup] = a
	}
	if a.at != 0 && w.loop.Now() < a.at+int64(waitedFor) {
		then(a.text)
		return
	}
	if a.asked = append(a.asked, then); len(a.asked) > 1 {
		return
	}
	all, left := newHolders(hostgroup), len(p.workers)
	for _, other := range p.workers {
		other.loop.Post(func() {
			h := other.holders(hostgroup)
			w.loop.Post(func() {
				all.merge(h)
				if left--; left == 0 {
					w.explainTo(a, all)
				}
			})
		})
	}
}

// explainTo tells all who have asked.
func (w *worker) explainTo(a *waited, h *holders) {
	connections, waiting := 0, w.pool.Waiters(h.hostgroup)
	servers := zerolog.Dict()
	if group := w.proxy.hostgroups.Table().Hostgroup(h.hostgroup); group != nil {
		for i := range group.Members {
			m := &group.Members[i]
			connections += m.Connections()
			status, why := m.Status()
			d := zerolog.Dict().Stringer("status", status).Int("connections", m.Connections()).Int("max_connections", m.MaxConnections)
			if why != "" {
				d.Str("why", why)
			}
			servers.Dict(m.String(), d)
		}
	}
	if e := w.proxy.waitLog.Warn(); e.Enabled() {
		h.log(e.Int("hostgroup", h.hostgroup).Int64("waiting", waiting).Int("connections", connections).Dict("servers", servers))
		e.Msg("clients wait in vain for a connection")
	}
	a.at, a.text = w.loop.Now(), h.text(connections, waiting)
	asked := a.asked
	a.asked = nil
	for _, then := range asked {
		then(a.text)
	}
}

func newHolders(hostgroup int) *holders {
	return &holders{hostgroup: hostgroup, reasons: make(map[string]int)}
}

// holders is who has connections of a hostgroup on this loop.
func (w *worker) holders(hostgroup int) *holders {
	h := newHolders(hostgroup)
	for s := w.first; s != nil; s = s.next {
		s.conn.Guard(func() { h.count(s) })
	}
	return h
}
