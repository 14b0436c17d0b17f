package hostile

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"parkway/bench/sysbench"
)

// versions of a script that do something for each statement: remembered, at once, and later.
func version(n int) string {
	switch n % 4 {
	case 0:
		return fmt.Sprintf("// %d\nfunction onQuery(q) { q.route(%d) }\nonQuery.cacheBy = 'digest'", n, soundHostgroup)
	case 1:
		return fmt.Sprintf("// %d\nfunction onQuery(q) { if (q.inTransaction) q.tag('in'); q.annotations; q.rewrite(q.sql) }", n)
	case 2:
		return fmt.Sprintf("// %d\nasync function onQuery(q) { shared.incr('asked'); await 0; q.route(%d) }", n, soundHostgroup)
	}
	return fmt.Sprintf("// %d\nfunction onQuery(q) { if (q.id %% 4 == 0) q.before('DO 1', () => {}) }", n)
}

// A script that is loaded again and again under load: no statement fails, and each version comes in force. A broken one in between changes nothing.
func TestScriptReloadUnderLoad(t *testing.T) {
	reloads := sized(12, 100)
	s := withScript(t, version(0), "timeout_ms = 1000\nslow_timeout_ms = 20000\n", nil)
	if err := sysbench.Prepare(t.Context(), s.Addr); err != nil {
		t.Fatal(err)
	}
	var over atomic.Bool
	began, ended := make(chan struct{}), make(chan error, 1)
	var result sysbench.Result
	go func() {
		var err error
		load := sysbench.Run{Workload: "oltp_read_write", Addr: s.Addr, Threads: 8, Seconds: sized(5, 30), PSMode: "disable"}
		result, err = load.Do(t.Context(), func() { close(began) }, func() {})
		over.Store(true)
		ended <- err
	}()
	select {
	case <-began:
	case err := <-ended:
		t.Fatal(err)
	}
	begun, done := time.Now(), 0
	for n := 1; n <= reloads && !over.Load(); n++ {
		if n%10 == 0 {
			s.write(t, "function onQuery(q) {") // refused
			if err := s.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
		}
		s.reload(t, version(n))
		done++
	}
	took := time.Since(begun)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	t.Logf("%d reloads in %v under %.0f queries/s: %d queries, no error", done, took, result.QPS, result.Queries)
	if done < reloads {
		t.Errorf("%d reloads while there was load, want %d", done, reloads)
	}
	for _, failure := range []string{"error", "timeout", "memory", "unsettled", "queue_full"} {
		if n := s.calls(t, failure); n != 0 {
			t.Errorf("%d calls ended with %s", n, failure)
		}
	}
}
