package metrics

import "maps"

// total is the sum of all shards at one moment. Numbers of different metrics are read one after the other, so they may
// be a few events apart.
type total struct {
	created, closed, refused, aborted, panicked uint64
	parked, unparked, left                      uint64
	clientIn, clientOut, serverIn, serverOut    uint64

	pins, kills, retries map[string]uint64
	hostgroups           map[int]*hostgroupSum
	ruleHits             map[int]uint64
}

type hostgroupSum struct {
	queries           histogramSum
	waiting, timeouts uint64
	servers           map[string]*serverSum
}

type serverSum struct {
	connectOK, connectError, used, free uint64
}

// sum reads every shard. Any thread.
func sum(loops []*Loop) *total {
	t := &total{
		pins:       make(map[string]uint64),
		kills:      make(map[string]uint64),
		retries:    make(map[string]uint64),
		hostgroups: make(map[int]*hostgroupSum),
		ruleHits:   make(map[int]uint64),
	}
	for _, l := range loops {
		t.add(l)
	}
	return t
}

// sessions is the number of sessions that exist. Where stores may be seen out of order, one that comes and goes while the
// shard is read could make the difference negative.
func (t *total) sessions() int64 { return max(0, int64(t.created-t.closed)) }

// parkedNow is how many of them are parked.
func (t *total) parkedNow() int64 {
	return min(max(0, int64(t.parked-t.unparked-t.left)), t.sessions())
}

func (t *total) add(l *Loop) {
	// The ends before the beginnings, so that a session that comes and goes meanwhile does not count as minus one.
	t.left += l.left.Load()
	t.unparked += l.unparked.Load()
	t.parked += l.parked.Load()
	t.closed += l.closed.Load()
	t.created += l.created.Load()
	t.refused += l.refused.Load()
	t.aborted += l.aborted.Load()
	t.panicked += l.panicked.Load()
	t.clientIn += l.clientIn.Load()
	t.clientOut += l.clientOut.Load()
	t.serverIn += l.serverIn.Load()
	t.serverOut += l.serverOut.Load()
	addLabelled(t.pins, &l.pins)
	addLabelled(t.kills, &l.kills)
	addLabelled(t.retries, &l.retries)
	for _, e := range l.ruleHits.list() {
		t.ruleHits[e.key] += e.value.Load()
	}
	for _, e := range l.hostgroups.list() {
		h := t.hostgroups[e.key]
		if h == nil {
			h = &hostgroupSum{servers: make(map[string]*serverSum)}
			t.hostgroups[e.key] = h
		}
		h.add(e.value)
	}
}

func (t *hostgroupSum) add(h *Hostgroup) {
	t.queries.add(&h.queries)
	t.waiting += h.waiting.Load()
	t.timeouts += h.timeouts.Load()
	for _, e := range h.servers.list() {
		s := t.servers[e.key]
		if s == nil {
			s = new(serverSum)
			t.servers[e.key] = s
		}
		s.connectOK += e.value.connectOK.Load()
		s.connectError += e.value.connectError.Load()
		s.used += e.value.used.Load()
		s.free += e.value.free.Load()
	}
}

// forget leaves out servers that are no members any more and have no connections.
func (t *hostgroupSum) forget(member func(server string) bool) {
	maps.DeleteFunc(t.servers, func(name string, s *serverSum) bool { return s.used+s.free == 0 && !member(name) })
}

func addLabelled(t map[string]uint64, c *labelled) {
	for _, e := range c.list() {
		t[e.key] += e.value.Load()
	}
}
