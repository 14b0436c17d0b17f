package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Account is whom checks log in as.
type Account struct{ User, Password string }

// Target is one server, with the idle connections that checks use. All methods
// may be called on any thread.
type Target struct {
	// Immutable.
	name    string
	address func() (network, address string, ok bool)
	ctx     context.Context // done: Close was called
	cancel  context.CancelFunc
	turn    chan struct{} // has room for one: who runs alone

	// Any thread.
	tightUntil atomic.Int64 // Unix time in ns until which checks run alone

	// Guarded by mu.
	mu      sync.Mutex
	idle    []*conn            // the one used last at the end
	used    map[*conn]struct{} // by checks
	status  int                // of statusStatements, the one that the server knows
	noSuper bool               // the server has no super_read_only
}

// NewTarget returns a server without connections. address says where it is, as
// net.Dial takes it; not ok: that is not known. It is asked on any thread.
func NewTarget(name string, address func() (network, address string, ok bool)) *Target {
	t := &Target{name: name, address: address, used: make(map[*conn]struct{}), turn: make(chan struct{}, 1)}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// Purge closes connections that were not used for so long.
func (t *Target) Purge(unused time.Duration) {
	t.discard(func(c *conn) bool { return time.Since(c.used) >= unused })
}

// Close closes all connections. Checks that are under way fail.
func (t *Target) Close() {
	t.cancel()
	t.mu.Lock()
	for c := range t.used {
		_ = c.socket.SetDeadline(time.Now())
	}
	t.mu.Unlock()
	t.discard(func(*conn) bool { return true })
}

// Closed reports whether Close was called.
func (t *Target) Closed() bool { return t.ctx.Err() != nil }

// Idle returns how many connections are kept.
func (t *Target) Idle() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.idle)
}

func (t *Target) discard(which func(*conn) bool) {
	t.mu.Lock()
	var gone []*conn
	t.idle = slices.DeleteFunc(t.idle, func(c *conn) bool {
		if which(c) {
			gone = append(gone, c)
			return true
		}
		return false
	})
	t.mu.Unlock()
	for _, c := range gone {
		c.close()
	}
}

// take returns an idle connection of the account to where the server is now; nil
// if there is none. Others are closed.
func (t *Target) take(a Account) *conn {
	_, address, _ := t.address()
	t.discard(func(c *conn) bool { return c.account != a || c.address != address })
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(t.idle)
	if n == 0 {
		return nil
	}
	c := t.idle[n-1]
	t.idle = slices.Delete(t.idle, n-1, n)
	t.used[c] = struct{}{}
	return c
}

// settle keeps a connection after a check that ended with err, or closes it. It
// is false if the connection was of no use.
func (t *Target) settle(c *conn, err error) (ok bool) {
	ok = err == nil || Code(err) != 0
	c.used = time.Now()
	t.mu.Lock()
	delete(t.used, c)
	keep := ok && t.ctx.Err() == nil
	if keep {
		t.idle = append(t.idle, c)
	}
	t.mu.Unlock()
	if !keep {
		c.close()
	}
	return ok
}

// errAnswer is why a check ends that the driver could not read the answer to.
var errAnswer = errors.New("malformed answer")

// use runs f, whose reads and writes on c fail after deadline, or when the target
// is closed. The driver's contexts would do the same by way of another goroutine,
// each time. What the driver panics at, because of what a server sent, is an
// error.
func (t *Target) use(c *conn, deadline time.Time, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = errAnswer // v speaks of the driver's code
		}
		err = Reason(c.socket, err)
	}()
	t.mu.Lock()
	if t.Closed() {
		deadline = time.Now()
	}
	err = c.socket.SetReadDeadline(deadline) // What is written fits into the socket's buffer.
	t.mu.Unlock()
	if err != nil {
		return err
	}
	return f()
}

// drop closes a connection that is in use.
func (t *Target) drop(c *conn) {
	t.mu.Lock()
	delete(t.used, c)
	t.mu.Unlock()
	c.close()
}

// open opens a connection until deadline.
func (t *Target) open(a Account, deadline time.Time) (*conn, error) {
	network, address, ok := t.address()
	if !ok {
		return nil, fmt.Errorf("%s does not resolve", t.name)
	}
	ctx, cancel := context.WithDeadline(t.ctx, deadline)
	defer cancel()
	c, socket, err := Dial(ctx, Login{Network: network, Address: address, User: a.User, Password: a.Password, Program: "parkway-monitor"})
	if err != nil {
		return nil, err
	}
	if err := socket.SetWriteDeadline(time.Time{}); err != nil {
		socket.Close()
		return nil, err
	}
	opened := &conn{Conn: c, socket: socket, account: a, address: address}
	t.mu.Lock()
	t.used[opened] = struct{}{}
	t.mu.Unlock()
	return opened, nil
}
