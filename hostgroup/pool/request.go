package pool

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"parkway/hostgroup"
	"parkway/hostgroup/backend"
	"parkway/protocol"
	"parkway/reactor"
)

// Client is told how a Request ended. Called on the loop.
type Client interface {
	// OnBackend hands over a connection that is logged in and idle. The client
	// must make itself its owner and give it back by Pool.Put or Pool.Discard.
	OnBackend(b *backend.Conn)
	// OnNoBackend says why there is none, as the MySQL client should read it.
	OnNoBackend(reason *protocol.ERR)
}

// Request is a session's wish for a backend connection. It is used again after
// it ended.
type Request struct {
	// Set by the client before Acquire.
	Hostgroup int
	Login     backend.Login
	Want      backend.Want // what the connection will be brought to
	Client    Client
	// Avoid is a server that has just failed the client; nil: none. It is used
	// only if no other can be.
	Avoid *hostgroup.Server
	// Since is the loop time since when the client waits, if it does so since before
	// Acquire; else 0. Its place in the queue and its deadline go by that.
	Since int64

	// Owned by the loop.
	pool     *Pool
	started  int64 // loop time
	deadline int64 // loop time
	timer    *reactor.Timer
	place    place // in one of the group's queues
	dialing  *backend.Conn
	attempts int                 // that failed, but for crowded
	crowded  int                 // attempts that found a server full
	tried    []*hostgroup.Server // failed in this round over the servers
	failedAt int64               // loop time of the last failure
	last     *backend.Error      // why the last attempt failed
	outcome  *protocol.ERR       // refused; delivered at the end of the turn
}

// Delays between rounds over the servers, when all of them failed: doubled
// each time from the first to the last.
const (
	firstDelay = 10 * time.Millisecond
	lastDelay  = 500 * time.Millisecond
)

// retryConnect is the metric's word for a connect that is tried again.
const retryConnect = "connect"

func (r *Request) start(p *Pool) {
	r.pool = p
	r.started = cmp.Or(r.Since, p.loop.Now())
	r.deadline = r.started + int64(p.cfg.Settings().ConnectTimeoutServerMax)
	r.attempts, r.crowded = 0, 0
	r.tried = r.tried[:0]
	if r.Avoid != nil {
		r.tried, r.failedAt = append(r.tried, r.Avoid), p.loop.Now()
	}
	r.last = nil
	r.outcome = nil
	if r.timer == nil {
		r.timer = p.loop.NewTimer(r.onTimer)
	}
}

// end leaves the pool with nothing of the request.
func (r *Request) end() {
	if r.timer == nil {
		return // Take found a connection each time: nothing was ever acquired.
	}
	r.timer.Stop()
	r.outcome = nil
	r.pool.dequeue(r)
	if b := r.dialed(); b != nil {
		b.Quit()
	}
}

// dialed ends the opening of a connection, and returns that; nil if there is none.
func (r *Request) dialed() *backend.Conn {
	b := r.dialing
	if b != nil {
		r.dialing = nil
		delete(r.pool.dialing, r)
	}
	return b
}

// remaining is the time left until the deadline.
func (r *Request) remaining() time.Duration { return time.Duration(r.deadline - r.pool.loop.Now()) }

// attempt tries one server, or waits for one.
func (r *Request) attempt() { r.proceed(r.pool.choose(r)) }

// proceed acts on the choice of a server.
func (r *Request) proceed(member *hostgroup.Member, why hostgroup.Refusal, ok bool) {
	switch {
	case ok:
		r.dial(member)
	case why.Wait() && r.crowdedOut():
		r.refuse(why)
	case why.Wait():
		r.pool.enqueue(r)
		r.again(why)
		// Another loop that returned a place just now may not have seen that
		// somebody waits here.
		r.pool.serve(r.Hostgroup)
		if r.queued() && why.Throttled == 0 {
			r.pool.makeRoom(r.Hostgroup)
		}
	case why.Excluded > 0 && !r.exhausted(why) && r.delay() < r.remaining():
		r.tried, r.Avoid = r.tried[:0], nil
		r.pause()
	default:
		r.refuse(why)
	}
}

// retryFromQueue is attempt for a request in the queue; it reports whether the
// request left its place.
func (r *Request) retryFromQueue() bool {
	if r.pool.loop.Now() > r.failedAt+int64(lastDelay) {
		r.tried, r.Avoid = r.tried[:0], nil
	}
	member, why, ok := r.pool.choose(r)
	if !ok && why.Wait() {
		r.again(why)
		return false
	}
	r.pool.dequeue(r)
	r.timer.Stop()
	r.proceed(member, why, ok)
	return true
}

// again makes the queue move when a server may have room that had none: nobody
// tells.
func (r *Request) again(why hostgroup.Refusal) {
	g := r.pool.group(r.Hostgroup)
	g.throttled = why.Throttled > 0
	at := r.pool.loop.Now() + int64(why.Again)
	if why.Again > 0 && (!g.again.Armed() || at < g.againAt) {
		g.againAt = at
		g.again.Reset(why.Again)
	}
}

// delay is the pause before the next round over the servers.
func (r *Request) delay() time.Duration {
	d := firstDelay
	for i := 1; i < r.attempts && d < lastDelay; i++ {
		d *= 2
	}
	return min(d, lastDelay)
}

// dial opens a connection to m, whose budget was taken.
func (r *Request) dial(m *hostgroup.Member) {
	p := r.pool
	timeout := min(p.cfg.Settings().ConnectTimeoutServer, max(r.remaining(), time.Millisecond))
	b, err := backend.Dial(p.loop, p.spec(m.Server, &r.Login, timeout), (*dialer)(r))
	if err != nil {
		m.Give()
		r.failed(m.Server, &backend.Error{Server: m.String(), Stage: backend.StageConnect, Cause: err})
		return
	}
	r.dialing = b
	p.dialing[r] = struct{}{}
}

// turnDialing lets requests try elsewhere whose connection is being opened to a
// server that takes no statements any more: it does not answer, has left, or was
// taken away. The connection would be of no use.
func (p *Pool) turnDialing() {
	var turned []*Request
	for r := range p.dialing {
		if !p.usable(r.dialing.Server()) {
			turned = append(turned, r)
		}
	}
	slices.SortFunc(turned, func(a, b *Request) int { return cmp.Compare(a.started, b.started) })
	for _, r := range turned {
		if b := r.dialed(); b != nil {
			b.Quit()
			r.attempt()
		}
	}
}

// failed notes that an attempt at s failed and goes on to the next.
func (r *Request) failed(s *hostgroup.Server, err *backend.Error) {
	event, known := r.pool.notOpened(s, err)
	r.last = err
	r.failedAt = r.pool.loop.Now()
	if known && event == hostgroup.ServerFull {
		r.crowded++
		switch {
		case r.takeIdle():
		case r.remaining() <= 0:
			r.refuse(r.pool.refusal(r))
		default:
			r.attempt() // The server's budget is smaller now: elsewhere, or in the queue.
		}
		return
	}
	r.attempts++
	if !err.Retryable() {
		r.finish(err.Packet(protocol.ErrCodeNoBackend))
		return
	}
	r.tried = append(r.tried, s)
	if why := r.pool.refusal(r); r.exhausted(why) || r.remaining() <= 0 {
		r.refuse(why)
		return
	}
	r.pool.metrics.Retry(retryConnect)
	r.attempt()
}

// exhausted reports whether no more servers are tried. Where the monitor looks
// for a server only the deadline ends that: the one that failed may be the writer
// of which nobody knows yet that it is dead.
func (r *Request) exhausted(why hostgroup.Refusal) bool {
	return r.attempts > r.pool.cfg.Settings().ConnectRetriesOnFailure && !why.Awaited
}

// crowdedOut reports whether so many wait already that a newcomer must not.
func (r *Request) crowdedOut() bool {
	limit := r.pool.cfg.Settings().MaxWaitingClients
	return limit > 0 && r.attempts+r.crowded == 0 && r.pool.group(r.Hostgroup).waiting.Load() >= int64(limit)
}

// wasTried reports whether s failed already in this round.
func (r *Request) wasTried(s *hostgroup.Server) bool { return slices.Contains(r.tried, s) }

// queued reports whether r waits in the queue.
func (r *Request) queued() bool { return r.place.queue == &r.pool.group(r.Hostgroup).queue }

// onTimer ends a pause between rounds, or the wait in the queue.
func (r *Request) onTimer() {
	if !r.queued() {
		r.pool.dequeue(r)
		if !r.takeIdle() {
			r.attempt()
		}
		return
	}
	r.pool.metrics.Hostgroup(r.Hostgroup).WaitTimeout()
	r.refuse(r.pool.refusal(r))
}

// takeIdle ends the request with a connection that somebody has given back in
// the meantime, if there is one.
func (r *Request) takeIdle() bool {
	b := r.pool.Take(r)
	if b == nil {
		return false
	}
	r.end()
	r.Client.OnBackend(b)
	return true
}

// refuse tells the client that no connection is to be had.
func (r *Request) refuse(why hostgroup.Refusal) {
	text := fmt.Sprintf("parkway: %s", why)
	if r.queued() {
		waited := time.Duration(r.pool.loop.Now() - r.started)
		text += fmt.Sprintf("; waited %d ms (connect_timeout_server_max_ms)", waited.Milliseconds())
	} else if why.Wait() && r.crowdedOut() {
		text += fmt.Sprintf("; %d clients wait already (max_waiting_clients)", r.pool.group(r.Hostgroup).waiting.Load())
	}
	code := protocol.ErrCodeNoBackend
	switch {
	case r.last != nil:
		text += fmt.Sprintf("; last error after %d attempts: %v", r.attempts+r.crowded, r.last)
		code = r.last.Packet(code).Code
	case why.Silent != "":
		text += "; " + why.Silent
	case why.Last != "":
		text += "; last connect error: " + why.Last
	}
	reason := protocol.NewERR(code, "%s", text)
	if explain := r.pool.cfg.Explain; explain != nil && why.Taken() {
		r.end()
		r.outcome = reason
		explain(r.pool.loop.Index(), r.Hostgroup, func(text string) {
			if r.outcome == reason { // else the client has left, or asked for another
				reason.Message += text
				r.pool.loop.OnTurnEnd(r.deliver)
			}
		})
		return
	}
	r.finish(reason)
}

// finish ends the request without a connection. The client is told at the end
// of the turn, so that Acquire never calls back.
func (r *Request) finish(reason *protocol.ERR) {
	r.end()
	r.outcome = reason
	r.pool.loop.OnTurnEnd(r.deliver)
}

func (r *Request) deliver() {
	if reason := r.outcome; reason != nil {
		r.outcome = nil
		r.Client.OnNoBackend(reason)
	}
}

// dialer is the request as the owner of the connection that it opens.
type dialer Request

func (d *dialer) OnBackendReady(b *backend.Conn) {
	r := (*Request)(d)
	r.dialed()
	r.pool.opened(b)
	if !r.pool.usable(b.Server()) || b.Elsewhere() {
		b.Quit() // It was taken away while this was on its way.
		r.attempt()
		return
	}
	r.pool.remember(b)
	r.end()
	r.Client.OnBackend(b)
}

func (d *dialer) OnBackendClosed(b *backend.Conn, err *backend.Error) {
	r := (*Request)(d)
	r.dialed()
	r.failed(b.Server(), err)
}

// A connection that is not handed over yet carries no command.
func (d *dialer) OnAnswer(*backend.Conn, []byte, protocol.Progress)         {}
func (d *dialer) OnOK(*backend.Conn, *protocol.OK, byte, protocol.Progress) {}
func (d *dialer) OnBackendWritable(*backend.Conn)                           {}

// OnSyncFailed is not called before a connection is handed over.
func (d *dialer) OnSyncFailed(*backend.Conn, *protocol.ERR) {}
