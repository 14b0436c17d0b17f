package scripting

import (
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"parkway/monitor/elastic"
	"parkway/monitor/metrics"
	"parkway/scripting/hook"
)

// Engine has a program in force, or none, and implements hook.Hooks. All methods may be called on any thread.
type Engine struct {
	// Immutable.
	options   Options
	log       zerolog.Logger
	failures  zerolog.Logger // of calls: not more than the log has room for
	scriptLog zerolog.Logger // what scripts write
	dog       *watchdog
	pool      *elastic.Pool
	shared    *store
	http      *http.Client
	own       own
	queried   queried
	builds    sync.WaitGroup

	loading sync.Mutex
	limits  atomic.Pointer[limits]
	current atomic.Pointer[edition]  // nil: no program
	tried   atomic.Pointer[[]string] // files of the program that was to be loaded last, as far as they are known, the one that was named first; nil: none was

	following sync.Mutex
	follower  *follower // nil: none; guarded by following

	// Guarded by mu.
	mu     sync.Mutex
	loops  []*Loop
	number uint64
	closed bool
}

// New makes an engine without a program. Close ends it.
func New(o Options) *Engine {
	o = o.withDefaults()
	burst := func() zerolog.Sampler { return &zerolog.BurstSampler{Burst: 20, Period: time.Second} }
	e := &Engine{
		options: o, log: o.Log,
		failures:  o.Log.Sample(burst()),
		scriptLog: o.Log.With().Bool(scriptField, true).Logger().Sample(&zerolog.BurstSampler{Burst: 100, Period: time.Second}),
		dog:       newWatchdog(o.Timeout, o.Memory),
		pool:      elastic.New(o.PoolMin, o.PoolMax, o.PoolQueue),
		shared:    newStore(o.Shared),
		http:      newHTTP(o.FetchHosts),
	}
	e.limits.Store(limitsOf(&o))
	return e
}

// limits are those options that can change while a program is in force.
type limits struct {
	timeout, slowTimeout time.Duration
	reject               bool
}

func limitsOf(o *Options) *limits {
	return &limits{timeout: o.Timeout, slowTimeout: o.SlowTimeout, reject: o.Reject}
}

// Apply puts other timeouts, another Reject and other sizes of the pool in force, for all calls from now on. The other options stay.
func (e *Engine) Apply(o Options) {
	o = o.withDefaults()
	e.limits.Store(limitsOf(&o))
	e.dog.setTick(o.Timeout)
	e.pool.Resize(o.PoolMin, o.PoolMax)
}

// Check compiles the program in a file and tries it, as Load does, without putting it in force.
func Check(file string, o Options) error {
	e := New(o)
	defer e.Close()
	ed, err := e.newEdition(file)
	if err == nil {
		ed.retire()
	}
	return err
}

// errClosed is what a closed engine says.
var errClosed = errors.New("the engine is closed")

// Load compiles the program in a file, tries it, and puts it in force for all calls from now on; those under way end with the one before. An
// error, which is an *Error where it is about the program, changes nothing. An empty name takes the program out of force.
func (e *Engine) Load(file string) error {
	e.loading.Lock() // what was read last comes in force last
	defer e.loading.Unlock()
	var ed *edition
	if file != "" {
		var err error
		if ed, err = e.newEdition(file); err != nil {
			return err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		if ed != nil {
			ed.retire()
		}
		return errClosed
	}
	if ed != nil {
		e.number++
		ed.number = e.number
		for _, l := range e.loops {
			if err := l.prepare(ed); err != nil {
				ed.retire()
				return err
			}
		}
	}
	before := e.current.Swap(ed)
	e.own.reign(ed, before)
	if before != nil {
		before.retire()
	}
	if ed != nil {
		ed.startTimers()
	}
	return nil
}

// Defines lists the functions that the program in force defines.
func (e *Engine) Defines() hook.Set {
	if ed := e.current.Load(); ed != nil {
		return ed.set
	}
	return 0
}

// Files are the files of the program in force; nil without one.
func (e *Engine) Files() []string {
	if ed := e.current.Load(); ed != nil {
		return ed.program.files()
	}
	return nil
}

// Loop makes the part of one event loop.
func (e *Engine) Loop(post func(func())) hook.Loop {
	l := newLoop(e, post)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.loops = append(e.loops, l)
	if ed := e.current.Load(); ed != nil {
		if err := l.prepare(ed); err != nil { // it went well before: of other loops, or as it was loaded
			e.log.Error().Err(err).Msg("the script cannot be run for an event loop")
		}
	}
	return l
}

// forgetLoop takes out a loop that has ended.
func (e *Engine) forgetLoop(l *Loop) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.loops = slices.DeleteFunc(e.loops, func(o *Loop) bool { return o == l })
}

// Close ends timers, the pool and the watchdog; calls under way on the pool are waited for. Loops answer as without a program.
func (e *Engine) Close() {
	e.following.Lock()
	e.unfollow()
	e.following.Unlock()
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	if before := e.current.Swap(nil); before != nil {
		before.retire()
	}
	e.pool.Close()
	e.builds.Wait()
	e.dog.close()
}

// Metrics is what the exporter asks for.
func (e *Engine) Metrics() metrics.ScriptNow {
	pool := e.pool.Stats()
	now := metrics.ScriptNow{Workers: pool.Workers, Queue: pool.Queue, Shared: e.shared.bytes(), Own: e.own.now(), SQL: e.queried.now()}
	e.mu.Lock()
	for _, l := range e.loops {
		now.Loops = append(now.Loops, l.stats)
	}
	e.mu.Unlock()
	if ed := e.current.Load(); ed != nil {
		for k := range hook.Kinds {
			if ed.set.Has(k) {
				now.Hooks = append(now.Hooks, k.String())
				if ed.breaker[k].open() {
					now.Open = append(now.Open, k.String())
				}
			}
		}
	}
	return now
}
