package kill

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"parkway/hostgroup"
	"parkway/monitor/check"
	"parkway/protocol"
)

// killTimeout is for one KILL on the connection that is open. MariaDB gives up a KILL after 2 s if it finds the victim's mutex
// taken all the time, as happens where many statements are in SLEEP().
const killTimeout = 5 * time.Second

const (
	maxQueued  = 1024             // tasks for one server
	keepOpen   = 30 * time.Second // between two looks whether the connection still stands
	firstRetry = time.Second      // after the connection could not be opened; doubled each time
	lastRetry  = time.Minute
	aside      = 10 * time.Minute // for how long no connection is kept to a server whose account has no room for it
)

// target is one server: a queue of tasks, and the goroutine that carries them out one after the other.
type target struct {
	// Immutable.
	log   zerolog.Logger
	queue chan *Task
	ctx   context.Context    // done: what is left is not carried out
	abort context.CancelFunc // ends ctx

	// Guarded by mu.
	mu       sync.Mutex
	server   *hostgroup.Server // any of those of that name
	settings Settings
	changed  chan struct{} // closed when there are other settings
	asideEnd time.Time     // until when no connection is kept
	quitting bool          // no more tasks: queue is closed
	leaving  *time.Timer   // nil: it stays

	// Owned by the goroutine of run.
	db      *sql.DB
	at      Endpoint      // that db connects to
	used    Settings      // that db was opened with
	keeps   bool          // db keeps its connection
	err     error         // why there is no connection
	retry   time.Duration // until the next attempt
	retryAt time.Time
	logged  map[string]bool // the causes that were logged since the connection stood, in short
}

func newTarget(log zerolog.Logger, server *hostgroup.Server, s Settings) *target {
	t := &target{
		log:      log.With().Stringer("server", server).Logger(),
		queue:    make(chan *Task, maxQueued),
		server:   server,
		settings: s,
		changed:  make(chan struct{}),
	}
	t.ctx, t.abort = context.WithCancel(context.Background())
	return t
}

// stay keeps a target, with new settings; it is false if the target has ended.
func (t *target) stay(server *hostgroup.Server, s Settings) (ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.quitting {
		return false
	}
	if t.leaving != nil {
		t.leaving.Stop()
		t.leaving = nil
	}
	t.server = server
	if t.settings != s {
		t.settings = s
		close(t.changed)
		t.changed = make(chan struct{})
	}
	return true
}

// giveWay closes the connection, and keeps none for a while.
func (t *target) giveWay() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asideEnd = time.Now().Add(aside)
	close(t.changed)
	t.changed = make(chan struct{})
}

// mayKeep reports whether there is room for a connection that is kept open.
func (t *target) mayKeep() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !time.Now().Before(t.asideEnd)
}

// leave ends the target after a while, unless stay is called before. then may be nil.
func (t *target) leave(after time.Duration, then func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.quitting:
	case after == 0:
		t.quit()
	case t.leaving == nil:
		var timer *time.Timer
		timer = time.AfterFunc(after, func() {
			t.mu.Lock()
			gone := t.leaving == timer && !t.quitting
			if gone {
				t.quit()
			}
			t.mu.Unlock()
			if gone {
				then()
			}
		})
		t.leaving = timer
	}
}

// quit lets run end when the queue is empty. mu is held.
func (t *target) quit() {
	if t.leaving != nil {
		t.leaving.Stop()
	}
	t.quitting = true
	close(t.queue)
}

// add queues a task, if there is room.
func (t *target) add(task *Task) (ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.quitting {
		return false
	}
	select {
	case t.queue <- task:
		return true
	default:
		return false
	}
}

// current returns what the configuration says now.
func (t *target) current() (*hostgroup.Server, Settings, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.server, t.settings, t.changed
}

// run is the target's goroutine.
func (t *target) run() {
	defer t.abort()
	defer t.drop()
	look := time.NewTimer(0)
	defer look.Stop()
	_, _, changed := t.current()
	for {
		select {
		case task, more := <-t.queue:
			if !more {
				return
			}
			var r Result
			if err := t.guard(func() { r = t.carryOut(task) }); err != nil {
				r = Result{Failed, err}
			}
			if task.Done != nil {
				task.Done(r)
			}
		case <-changed:
			_, _, changed = t.current() // before it is looked at what has changed
			t.retryAt = time.Time{}
			_ = t.guard(t.keep) // which has logged it
		case <-look.C:
			_ = t.guard(t.keep)
			look.Reset(t.pause())
		}
	}
}

// guard runs f. What the driver panics at, because of what a server sent, must not end the process: the connection is
// given up.
func (t *target) guard(f func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("malformed answer (%v)", v)
			t.drop() // Nobody knows what it would do next.
			t.note(err)
		}
	}()
	f()
	return nil
}

// pause is the time until the connection is looked at again.
func (t *target) pause() time.Duration {
	if t.err != nil {
		return t.retry
	}
	return keepOpen
}

// keep sees to it that the connection is open.
func (t *target) keep() {
	if !t.ready() || !t.keeps {
		return
	}
	ctx, cancel := context.WithTimeout(t.ctx, t.used.ConnectTimeout)
	defer cancel()
	t.note(t.db.PingContext(ctx))
}

// ready reports whether the monitor's account can be tried, with the settings of now, where the server is now.
func (t *target) ready() bool {
	server, s, _ := t.current()
	keeps := t.mayKeep()
	if at := endpointOf(server); t.db == nil || s != t.used || at != t.at || keeps != t.keeps {
		t.drop()
		t.err, t.retry, t.retryAt = nil, 0, time.Time{}
		t.used, t.at, t.keeps, t.logged = s, at, keeps, nil
		if s.User == "" {
			return false
		}
		t.db = open(at, s)
		if !keeps {
			t.db.SetMaxIdleConns(-1)
		}
	}
	return t.db != nil && !time.Now().Before(t.retryAt)
}

// drop closes the connection.
func (t *target) drop() {
	if t.db != nil {
		t.db.Close()
		t.db = nil
	}
}

// note takes in whether the connection is open.
func (t *target) note(err error) {
	if t.ctx.Err() != nil {
		return // The attempt was broken off.
	}
	t.err = err
	if err == nil {
		if t.retry != 0 {
			t.log.Info().Msg("the connection that kills statements stands again")
			t.logged = nil
		}
		t.retry, t.retryAt = 0, time.Time{}
		return
	}
	t.retry = min(max(2*t.retry, firstRetry), lastRetry)
	t.retryAt = time.Now().Add(t.retry)
	t.complain(err, "no connection that kills statements: what is past its timeout may go on at the server")
}

// complain logs a cause, once until the connection stands again or there are other settings: causes alternate, and have the ports of this end in
// their texts. That a name does not resolve is said elsewhere.
func (t *target) complain(cause error, msg string) {
	kind := "no answer"
	if code := check.Code(cause); code != 0 {
		kind = strconv.Itoa(int(code))
	}
	if t.logged[kind] || errors.Is(cause, errUnresolved) {
		return
	}
	if t.logged == nil {
		t.logged = make(map[string]bool)
	}
	t.logged[kind] = true
	if errors.Is(cause, context.DeadlineExceeded) {
		cause = protocol.ErrNoAnswer // in words of use
	}
	e := t.log.Warn().Err(cause).Str("user", t.used.User)
	if fix := t.fix(cause); fix != "" {
		e = e.Str("fix", fix)
	}
	e.Msg(msg)
}

// carryOut is a task's KILL, with the monitor's account or else the owner's.
func (t *target) carryOut(task *Task) Result {
	if t.ctx.Err() != nil {
		return Result{Failed, t.ctx.Err()}
	}
	r := t.asMonitor(task)
	if r.Outcome != Denied || !task.Known {
		return r
	}
	return t.asOwner(task)
}

func (t *target) asMonitor(task *Task) Result {
	switch ready := t.ready(); {
	case t.db != nil && task.At != (Endpoint{}) && task.At != t.at:
		return t.once(task.At, t.used, task.statement())
	case ready:
		ctx, cancel := context.WithTimeout(t.ctx, killTimeout)
		defer cancel()
		_, err := t.db.ExecContext(ctx, task.statement())
		r := outcome(err)
		switch {
		case r.Outcome == Denied && check.Code(err) == protocol.ErrCodeKillDenied:
			t.complain(err, "the monitor's account may not kill: statements are killed with their users' own accounts, where those are known")
		case r.Outcome == Denied || r.Outcome == Failed && !answered(err):
			t.note(err)
		}
		return r
	case t.db == nil:
		return Result{Denied, errNoAccount}
	case check.RefusesLogin(t.err), check.NoRoom(t.err):
		return Result{Denied, t.err}
	}
	return Result{Failed, t.err}
}

func (t *target) asOwner(task *Task) Result {
	at := task.At
	if at == (Endpoint{}) {
		at = t.at
	}
	return t.once(at, Settings{User: task.User, Password: task.Password, ConnectTimeout: t.used.ConnectTimeout}, task.statement())
}

// once kills with a connection for this once.
func (t *target) once(at Endpoint, s Settings, statement string) Result {
	ctx, cancel := context.WithTimeout(t.ctx, s.ConnectTimeout+killTimeout)
	defer cancel()
	db := open(at, s)
	defer db.Close()
	_, err := db.ExecContext(ctx, statement)
	return outcome(err)
}
