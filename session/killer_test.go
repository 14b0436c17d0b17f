package session_test

import (
	"sync"
	"testing"
	"time"

	"parkway/monitor/kill"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// killer stands in for the control pool: it ends the statements of a scripted server, which wait for that by hang.
type killer struct {
	mu     sync.Mutex
	tasks  []kill.Task
	ends   map[uint32]chan struct{} // of statements, by the id of their connection
	answer func(kill.Task) (r kill.Result, now bool)
	held   []func()
	refuse bool // the queue is full
}

func (k *killer) Kill(task kill.Task) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.refuse {
		return false
	}
	k.tasks = append(k.tasks, task)
	r, now := kill.Result{}, true
	if k.answer != nil {
		r, now = k.answer(task)
	}
	carryOut := func() {
		if end := k.ends[task.Thread]; end != nil && r.Outcome == kill.Killed {
			delete(k.ends, task.Thread)
			close(end)
		}
		task.Done(r)
	}
	if !now {
		k.held = append(k.held, carryOut)
		return true
	}
	carryOut()
	return true
}

// change alters how it behaves from now on.
func (k *killer) change(f func(*killer)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f(k)
}

// release carries out what was held back.
func (k *killer) release() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, carryOut := range k.held {
		carryOut()
	}
	k.held = nil
}

// all lists the tasks that came.
func (k *killer) all() []kill.Task {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]kill.Task(nil), k.tasks...)
}

// wait waits until n tasks have come, and returns the last.
func (k *killer) wait(t testing.TB, n int) kill.Task {
	t.Helper()
	for late := time.Now().Add(patience); ; <-time.After(time.Millisecond) {
		if tasks := k.all(); len(tasks) >= n {
			return tasks[n-1]
		}
		if time.Now().After(late) {
			t.Fatalf("%d tasks, want %d", len(k.all()), n)
		}
	}
}

// hang is a statement that lasts until it is killed.
func (k *killer) hang(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
	a.Wait(k.end(a.ConnectionID()))
	a.Error(protocol.ErrCodeQueryInterrupted, "Query execution was interrupted")
}

// end is closed when the statement of a connection is killed.
func (k *killer) end(thread uint32) chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ends == nil {
		k.ends = make(map[uint32]chan struct{})
	}
	if k.ends[thread] == nil {
		k.ends[thread] = make(chan struct{})
	}
	return k.ends[thread]
}

// killable is the setup of a server whose statement "hang" lasts until it is killed.
func killable(s *setup) {
	k := new(killer)
	s.kills = k
	s.server.Queries = map[string]mysqltest.Handler{
		"hang": k.hang,
		"rows": func(cmd protocol.Command, p []byte, a *mysqltest.Answer) {
			a.Columns("a")
			a.Row("1")
			k.hang(cmd, p, a)
		},
		"BEGIN": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
			a.Status |= protocol.StatusInTrans
			a.OK()
		},
	}
}

// start sends a statement and waits until the server has it.
func (w *world) start(c *mysqltest.Client, sql string) {
	w.t.Helper()
	n := len(w.server.Commands())
	if err := c.WriteCommand(protocol.ComQuery, []byte(sql)...); err != nil {
		w.t.Fatal(err)
	}
	w.server.WaitCommands(w.t, n+1)
}
