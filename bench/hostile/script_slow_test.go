package hostile

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"parkway/bench/proxy"
)

// napping is a script whose function takes its time for some statements.
const napping = `
	async function nap(q) { await sleep(20) }
	function onQuery(q) { if (q.sql.includes("/*nap*/")) return offload(nap) }`

const (
	napPool = 8
	napTime = 20 * time.Millisecond
	// napGrowth is what 1,000 sessions that wait for the script may take, each with what the script is asked about.
	napGrowth = 64 << 20
)

// Sessions in slow functions, very many more than there are places: all are served in turn, nobody waits much longer
// than the others, and what waits takes little memory. Others notice nothing.
func TestScriptManySlow(t *testing.T) {
	crowd := sized(300, 1000)
	round := time.Duration(crowd) * napTime / napPool // in which each has its turn
	s := withScript(t, napping, fmt.Sprintf("timeout_ms = 1000\nslow_timeout_ms = %d\npool_max = %d\n", (10*round).Milliseconds(), napPool), func(c *proxy.Config) {
		c.Variables["free_connections_pct"] = 100
	})
	clients := s.clients(t, crowd, max(patience, 20*round))
	before := rss(t, s.Proxy)
	w := observe(t, s.Proxy)

	const turns = 3
	waits := make([][]time.Duration, crowd)
	errs := make([]error, crowd)
	var running sync.WaitGroup
	begun := time.Now()
	for i, c := range clients {
		running.Go(func() {
			for range turns {
				asked := time.Now()
				if _, err := c.Query("DO 0 /*nap*/"); err != nil {
					errs[i] = err
					return
				}
				waits[i] = append(waits[i], time.Since(asked))
			}
		})
	}
	most, queue := before, 0
	watched := make(chan struct{})
	go func() {
		running.Wait()
		close(watched)
	}()
	for busy := true; busy; {
		select {
		case <-watched:
			busy = false
		case <-time.After(50 * time.Millisecond):
			most = max(most, rss(t, s.Proxy))
			m, err := s.Metrics(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			queue = max(queue, int(m["parkway_script_queue"]))
			if n := m["parkway_script_workers"]; n > napPool {
				t.Errorf("%v goroutines run functions, more than %d", n, napPool)
			}
		}
	}
	took := time.Since(begun)
	w.check(t)
	for i, err := range errs {
		if err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
	}
	var steady []time.Duration // the second turn: all are in the queue when it begins, and when it ends
	for i := range waits {
		steady = append(steady, waits[i][1])
	}
	slices.Sort(steady)
	median, worst := steady[len(steady)/2], steady[len(steady)-1]
	t.Logf("%d sessions, %d places: %d calls in %v (%v at best); waits: median %v, worst %v; queue up to %d; memory %d MiB more",
		crowd, napPool, turns*crowd, took, turns*round, median, worst, queue, (most-before)>>20)
	if worst > 2*median {
		t.Errorf("the worst wait is %v, more than twice the median %v", worst, median)
	}
	if queue < crowd/2 {
		t.Errorf("at most %d calls were seen to wait: the test shows nothing", queue)
	}
	if grown, limit := most-before, resident(napGrowth); grown > limit {
		t.Errorf("the memory has grown by %d MiB, limit %d", grown>>20, limit>>20)
	}
}

// What cannot have its turn in time is answered when its time is over, not when its turn comes.
func TestScriptDeadline(t *testing.T) {
	const limit = 500 * time.Millisecond
	crowd := sized(300, 1000) // for all of them, 0.75 or 2.5 s
	s := withScript(t, napping, fmt.Sprintf("timeout_ms = 1000\nslow_timeout_ms = %d\npool_max = %d\n", limit.Milliseconds(), napPool), nil)
	clients := s.clients(t, crowd, patience)
	waits := make([]time.Duration, crowd)
	errs := make([]error, crowd)
	gang(crowd, crowd, func(i int) {
		asked := time.Now()
		_, errs[i] = clients[i].Query("DO 0 /*nap*/")
		waits[i] = time.Since(asked)
	})
	served := 0
	for _, err := range errs {
		if err == nil {
			served++
		} else {
			expectERR(t, err, 1105)
		}
	}
	worst := slices.Max(waits)
	t.Logf("%d of %d were served, the others told so; the longest wait %v, limit %v; %d calls took too long, %d were not made",
		served, crowd, worst, limit, s.calls(t, "timeout"), s.calls(t, "skipped"))
	if served == 0 || served == crowd {
		t.Errorf("%d of %d were served: the test shows nothing", served, crowd)
	}
	if slack := time.Duration(sized(int(2*time.Second), int(100*time.Millisecond))); worst > limit+napTime+slack {
		t.Errorf("the longest wait was %v", worst)
	}
}
