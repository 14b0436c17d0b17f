package scripting

import (
	"sync"
	"time"

	"github.com/dop251/goja"

	"parkway/scripting/hook"
)

// edition is one version of the program, with its machines.
type edition struct {
	// Immutable.
	engine  *Engine
	number  uint64
	program *program
	set     hook.Set            // which functions it defines
	async   [hook.Kinds]bool    // which of them end later
	key     key                 // what onQuery depends on, if it is pure
	nothing [2]*hook.Verdict    // what a query gets of which nothing is said: not asking onResult, asking it
	breaker [hook.Kinds]breaker // any thread
	keeper  *machine            // runs the timers; the first one that was made
	stop    chan struct{}       // closed when it is out of force
	retired sync.Once

	// Guarded by engine.own.mu.
	reigns bool                  // it is in force
	claims map[string]*ownMetric // metrics that are to take the place of others when it is

	// Guarded by mu.
	mu   sync.Mutex
	idle []*machine // of the pool
}

// maxIdle is how many machines of the pool are kept that are not at work: as many as a pool may ever have.
const maxIdle = 1024

// loadTime is how long a program may take to run when it is loaded, and on each machine that is made.
const loadTime = 2 * time.Second

// newEdition compiles a file and tries it. The error is an *Error, or about reading the file.
func (e *Engine) newEdition(file string) (*edition, error) {
	p, err := newProgram(file)
	defer func() { e.tried.Store(&p.read) }()
	if err != nil {
		return nil, err
	}
	defer p.seal()
	ed := &edition{engine: e, program: p, stop: make(chan struct{})}
	m, err := newMachine(ed, true, loadTime)
	if err != nil {
		return nil, err
	}
	if err := ed.describe(m); err != nil {
		m.release()
		return nil, err
	}
	ed.keeper = m
	return ed, nil
}

// describe learns from a machine what the program defines.
func (ed *edition) describe(m *machine) error {
	for k := range hook.Kinds {
		ed.breaker[k].name = k
		if m.hooks[k] == nil {
			continue
		}
		ed.set = ed.set.With(k)
		ed.async[k] = isAsync(m.rt.Get(k.String()))
	}
	ed.nothing[0] = hook.Nothing
	asking := *hook.Nothing
	asking.Result = true
	ed.nothing[1] = &asking
	if !ed.set.Has(hook.OnQuery) {
		return nil
	}
	var err error
	if _, failure := m.run(loadTime, func() (goja.Value, error) {
		ed.key, err = keyOf(m.rt.Get(hook.OnQuery.String()).(*goja.Object).Get("cacheBy"))
		return nil, nil
	}); failure != nil {
		return failure.err
	}
	if err != nil {
		return &Error{File: ed.program.name, Message: err.Error()}
	}
	if ed.key != 0 && ed.async[hook.OnQuery] {
		return &Error{File: ed.program.name, Message: "onQuery.cacheBy is for a function that is not async"}
	}
	return nil
}

// silence is the verdict on a query of which the program has said nothing.
func (ed *edition) silence() *hook.Verdict {
	if ed.set.Has(hook.OnResult) {
		return ed.nothing[1]
	}
	return ed.nothing[0]
}

// take returns a machine of the pool that is not at work, or makes one. The caller gives it back.
func (ed *edition) take(limit time.Duration) (*machine, error) {
	ed.mu.Lock()
	if n := len(ed.idle); n > 0 {
		m := ed.idle[n-1]
		ed.idle = ed.idle[:n-1]
		ed.mu.Unlock()
		return m, nil
	}
	ed.mu.Unlock()
	return newMachine(ed, true, limit)
}

// give takes back a machine of the pool, which nobody has locked.
func (ed *edition) give(m *machine) {
	ed.mu.Lock()
	keep := !m.broken.Load() && len(ed.idle) < maxIdle
	select {
	case <-ed.stop:
		keep = false
	default:
	}
	if keep {
		ed.idle = append(ed.idle, m)
	}
	ed.mu.Unlock()
	if !keep {
		m.release()
	}
}

// retire ends what an edition does by itself. What is under way goes on with its machines.
func (ed *edition) retire() {
	ed.retired.Do(func() {
		close(ed.stop)
		ed.mu.Lock()
		idle := append(ed.idle, ed.keeper)
		ed.idle = nil
		ed.mu.Unlock()
		for _, m := range idle {
			m.release()
		}
	})
}
