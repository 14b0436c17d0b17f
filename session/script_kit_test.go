package session_test

import (
	"sync"
	"testing"
	"time"

	"parkway/protocol/mysqltest"
	"parkway/scripting/hook"
)

// policy is a hook.Hooks whose functions are Go. Those that are nil are not defined. They run on the loop.
type policy struct {
	mu    sync.Mutex
	query func(q hook.Query) *hook.Verdict // nil: the answer comes later, by answer

	// Set before it is used; likewise.
	connect    func(c hook.Conn) *hook.ConnectVerdict
	auth       func(c hook.Conn, a *hook.Auth) *hook.AuthVerdict
	disconnect func(c hook.Conn, s *hook.Stats)
	handle     func(i *hook.Injection, o *hook.Outcome) *hook.Verdict
	result     func(q hook.Query, r *hook.Result) *hook.ResultVerdict

	forgotten chan *hook.Injection

	waiting   chan *call // those that are answered later
	cancelled chan *call
}

// call is a call that is answered later.
type call struct {
	s    *policy
	post func(func())
	tell func(v any)

	sql  string // or else the user
	done bool   // loop only
}

// newPolicy is a script whose onQuery is query.
func newPolicy(query func(q hook.Query) *hook.Verdict) *policy {
	return &policy{query: query, waiting: make(chan *call, 100), cancelled: make(chan *call, 100), forgotten: make(chan *hook.Injection, 100)}
}

func (s *policy) Loop(post func(func())) hook.Loop { return &policyLoop{policy: s, post: post} }

// policyLoop is a script on one loop.
type policyLoop struct {
	*policy
	post func(func())
}

func (l *policyLoop) Defines(k hook.Kind) bool {
	switch k {
	case hook.OnQuery:
		return l.onQuery() != nil
	case hook.OnResult:
		return l.result != nil
	case hook.OnConnect:
		return l.connect != nil
	case hook.OnAuth:
		return l.auth != nil
	case hook.OnDisconnect:
		return l.disconnect != nil
	}
	return false
}

func (s *policy) onQuery() func(q hook.Query) *hook.Verdict {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.query
}

// change puts another onQuery in force.
func (s *policy) change(query func(q hook.Query) *hook.Verdict) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.query = query
}

func (l *policyLoop) Query(q hook.Query, w hook.QueryWaiter) (*hook.Verdict, hook.Pending) {
	ask := l.onQuery()
	if ask == nil {
		return observed, nil
	}
	if v := ask(q); v != nil {
		return v, nil
	}
	return nil, l.later(string(q.SQL()), func(v any) { w.QueryAnswered(v.(*hook.Verdict)) })
}

// later notes a call that is answered later.
func (l *policyLoop) later(about string, tell func(v any)) *call {
	c := &call{s: l.policy, post: l.post, tell: tell, sql: about}
	l.waiting <- c
	return c
}

// answer ends a call, and is done when that was.
func (c *call) answer(v any) {
	told := make(chan struct{})
	c.post(func() {
		defer close(told)
		if !c.done {
			c.done = true
			c.tell(v)
		}
	})
	<-told
}

// Cancel is hook.Pending.
func (c *call) Cancel() {
	if !c.done {
		c.done = true
		c.s.cancelled <- c
	}
}

func (l *policyLoop) Connect(c hook.Conn, w hook.ConnectWaiter) (*hook.ConnectVerdict, hook.Pending) {
	if v := l.connect(c); v != nil {
		return v, nil
	}
	return nil, l.later(c.User(), func(v any) { w.ConnectAnswered(v.(*hook.ConnectVerdict)) })
}

func (l *policyLoop) Auth(c hook.Conn, a *hook.Auth, w hook.AuthWaiter) (*hook.AuthVerdict, hook.Pending) {
	if v := l.auth(c, a); v != nil {
		return v, nil
	}
	return nil, l.later(c.User(), func(v any) { w.AuthAnswered(v.(*hook.AuthVerdict)) })
}

func (l *policyLoop) Result(q hook.Query, r *hook.Result, w hook.ResultWaiter) (*hook.ResultVerdict, hook.Pending) {
	v := l.result(q, r)
	if v != nil {
		if view, ok := v.Stream.(*viewer); ok {
			view.loop = l
		}
		return v, nil
	}
	return nil, l.later(string(q.SQL()), func(v any) {
		verdict := v.(*hook.ResultVerdict)
		if view, ok := verdict.Stream.(*viewer); ok {
			view.loop = l
		}
		w.ResultAnswered(verdict)
	})
}

func (l *policyLoop) Injected(i *hook.Injection, o *hook.Outcome, w hook.QueryWaiter) (*hook.Verdict, hook.Pending) {
	if v := l.handle(i, o); v != nil {
		return v, nil
	}
	return nil, l.later(i.SQL, func(v any) { w.QueryAnswered(v.(*hook.Verdict)) })
}

func (l *policyLoop) Disconnect(c hook.Conn, s *hook.Stats) { l.disconnect(c, s) }
func (l *policyLoop) Forget(i *hook.Injection)              { l.forgotten <- i }
func (l *policyLoop) Close()                                {}

// verdict is a verdict that says what change makes of Nothing.
func verdict(change func(*hook.Verdict)) *hook.Verdict {
	v := *hook.Nothing
	change(&v)
	return &v
}

// routeTo sends a statement to a hostgroup.
func routeTo(hostgroup int) *hook.Verdict {
	return verdict(func(v *hook.Verdict) { v.Hostgroup = hostgroup })
}

// rewriteTo sends another text.
func rewriteTo(sql string) *hook.Verdict {
	return verdict(func(v *hook.Verdict) { v.SQL, v.HasSQL = sql, true })
}

// rejected refuses a statement.
func rejected(code uint16, message string) *hook.Verdict {
	return verdict(func(v *hook.Verdict) { v.Reject = &hook.Rejection{Code: code, State: "45000", Message: message} })
}

// scriptedBy is the setup of a world with a script.
func scriptedBy(s *policy, more ...func(*setup)) func(*setup) {
	return func(set *setup) {
		set.script = s
		for _, change := range more {
			change(set)
		}
	}
}

// next is the next call that waits.
func (s *policy) next(t testing.TB) *call {
	t.Helper()
	return receive(t, s.waiting)
}

// wantCancelled checks that a call was given up.
func (s *policy) wantCancelled(t testing.TB, c *call) {
	t.Helper()
	if got := receive(t, s.cancelled); got != c {
		t.Errorf("%q was given up, want %q", got.sql, c.sql)
	}
}

// later runs a statement, and tells how that went.
func later(c *mysqltest.Client, sql string) <-chan error {
	told := make(chan error, 1)
	go func() {
		_, err := c.Query(sql)
		told <- err
	}()
	return told
}

// receive waits for what comes over a channel.
func receive[T any](t testing.TB, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(patience):
		t.Fatal("nothing comes")
	}
	return v
}
