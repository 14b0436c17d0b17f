package session

import (
	"context"
	"fmt"
	"sync/atomic"

	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/row"
	"parkway/scripting/hook"
)

// Errands are statements of the script's own, outside of any session: sql(). Each is run by one of the loops, in turn, on a connection of its pool
// (errand.go): with the statuses, weights, budgets and queues that hold for clients, and gone when the caller has no time left.
type Errands struct {
	proxy  *Proxy        // immutable
	places chan struct{} // immutable: as many as statements may be under way

	account atomic.Pointer[ErrandAccount]
	turns   atomic.Uint32
}

// ErrandAccount is who errands are at the servers.
type ErrandAccount struct {
	User     string // "": nobody, and there are none
	Password string // in clear text; "": the one that the table of users has for User, with its schema, or else an empty one
}

// MaxErrandRows is how many rows the result of an errand may have.
const MaxErrandRows = 20_000

// maxErrandSize bounds it in memory, as hook.Batch counts: small values take more there than on the wire.
const maxErrandSize = 32 << 20

// newErrands has room for so many statements at a time.
func newErrands(p *Proxy, places int) *Errands {
	e := &Errands{proxy: p, places: make(chan struct{}, max(places, 1))}
	e.account.Store(new(ErrandAccount))
	return e
}

// Errands runs statements that are no client's. Any thread.
func (p *Proxy) Errands() *Errands { return p.errands }

// Apply says who errands are from now on. Those under way end as they began. Any thread.
func (e *Errands) Apply(a ErrandAccount) {
	if *e.account.Load() != a {
		e.account.Store(&a)
	}
}

// Query runs a statement on a server of the hostgroup and returns its result, the first one if there are several. That
// may have MaxErrandRows rows, and limit bytes on the wire. What the server or the proxy has against it is a
// *hook.Rejection as error. It blocks until ctx is over: then the statement is killed. Any thread but a loop's.
func (e *Errands) Query(ctx context.Context, hostgroup int, statement string, limit int) (*hook.Reply, error) {
	if len(statement)+1 >= protocol.MaxPayload {
		return nil, refusedErrand("the statement has %d bytes", len(statement))
	}
	account := e.account.Load()
	if account.User == "" {
		return nil, refusedErrand("there is no account for sql(): set scripting.sql_username")
	}
	select {
	case e.places <- struct{}{}:
		defer func() { <-e.places }()
	case <-ctx.Done():
		return nil, refusedErrand("%d statements of the script are under way already (scripting.sql_connections)", cap(e.places))
	}
	w := e.proxy.workers[int(e.turns.Add(1))%len(e.proxy.workers)]
	r := &errand{
		worker: w, account: account, hostgroup: hostgroup, sql: statement, limit: limit,
		info: digest.Scan([]byte(statement), 0), done: make(chan errandAnswer, 1),
	}
	w.loop.Post(r.begin)
	select {
	case a := <-r.done:
		return a.read()
	case <-ctx.Done():
		w.loop.Post(r.giveUp)
		return nil, refusedErrand("there was no answer in time")
	}
}

// refusedErrand is an error of the proxy's own.
func refusedErrand(format string, args ...any) *hook.Rejection {
	return &hook.Rejection{Code: protocol.ErrCodeUnknown, State: "HY000", Message: "parkway: " + fmt.Sprintf(format, args...)}
}

// errandAnswer is what a loop hands back.
type errandAnswer struct {
	packets []byte
	said    hook.Summary // by an OK packet that is not among them
	refused *hook.Rejection
}

// read makes a result of the server's packets.
func (a *errandAnswer) read() (*hook.Reply, error) {
	if a.refused != nil {
		return nil, a.refused
	}
	o := hook.Outcome{OK: a.said}
	var rows row.Reader
	readOutcome(&o, a.packets, errandCapabilities, &rows, maxErrandSize)
	switch {
	case o.Err != nil:
		return nil, o.Err
	case o.Truncated:
		return nil, refusedErrand("the result is too large, or cannot be read")
	}
	return &hook.Reply{Table: o.Table, OK: o.OK}, nil
}
