package scripting

import (
	"runtime"
	"testing"
	"time"

	"github.com/dop251/goja"
)

// still makes a watchdog that looks only when it is told to.
func still() *watchdog {
	w := newWatchdog(10*time.Millisecond, 64<<20)
	w.close()
	return w
}

// later lets time pass for a watchdog.
func (w *watchdog) later(d time.Duration) { w.base = w.base.Add(-d) }

// A call whose thread does not get to run is not stopped for that, but for good when it takes far too long.
func TestTimeWithoutComputing(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const limit = 10 * time.Second
	for _, test := range []struct {
		thread  int
		passed  time.Duration
		stopped bool
	}{
		{int(threadID()), 2 * limit, false},
		{int(threadID()), (patientTimes + 1) * limit, true},
		{0, limit / 2, false},
		{0, limit, true},
		{1 << 27, limit / 2, false}, // there is no such thread
		{1 << 27, limit, true},
	} {
		w := still()
		p := w.watch(goja.New())
		p.thread.Store(int32(test.thread))
		p.begin(w.now(), w.now()+int64(limit))
		w.look()
		w.later(test.passed)
		w.look()
		if p.isStopped() != test.stopped {
			t.Errorf("thread %d, after %v: stopped %v", test.thread, test.passed, p.isStopped())
		}
		if why := p.end(); (why == timedOut) != test.stopped {
			t.Errorf("thread %d, after %v: %s", test.thread, test.passed, why)
		}
	}
}

// A call is stopped when its thread has computed for as long as it may, also when it was not seen at its beginning: what the thread has computed before is none
// of it.
func TestTimeOfComputing(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, unseen := range []bool{false, true} {
		const limit = 20 * time.Millisecond
		w := still()
		p := w.watch(goja.New())
		p.thread.Store(threadID())
		if unseen {
			compute(t, limit)
		}
		w.look()
		p.begin(w.now(), w.now()+int64(limit))
		before, _ := threadTime(p.thread.Load())
		if unseen {
			compute(t, limit/2)
		}
		for began := time.Now(); !p.isStopped(); w.look() {
			if time.Since(began) > patient {
				t.Fatal("it is not stopped")
			}
		}
		after, _ := threadTime(p.thread.Load())
		if computed := time.Duration(after - before); computed < limit-time.Millisecond {
			t.Errorf("unseen %v: stopped after %v, limit %v", unseen, computed, limit)
		}
		p.end()
	}
}

// A watchdog that looks late does not take what the thread has computed before the call for a part of it.
func TestTimeSeenLate(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const limit = 20 * time.Millisecond
	w := still()
	p := w.watch(goja.New())
	p.thread.Store(threadID())
	w.look()
	compute(t, 2*limit)
	p.begin(w.now(), w.now()+int64(limit))
	w.later(2 * limit)
	w.look()
	if p.isStopped() {
		t.Error("it is stopped")
	}
	p.end()
}

// compute has the thread compute for so long.
func compute(t *testing.T, d time.Duration) {
	t.Helper()
	id := threadID()
	before, ok := threadTime(id)
	if !ok {
		t.Fatal("the thread has no clock")
	}
	for now := before; now-before < int64(d); now, _ = threadTime(id) {
	}
}
