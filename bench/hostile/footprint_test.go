package hostile

import (
	"fmt"
	"strings"
	"testing"

	"parkway/bench/proxy"
)

// slack is how much the proxy's resident memory may grow under any attack.
const slack = 64 << 20

// footprint is what a proxy has in use.
type footprint struct {
	descriptors int // without those of idle connections to servers, which are kept for others
	goroutines  int
	sessions    int
	backends    int   // connections to servers that somebody holds
	rss         int64 // bytes
}

// measure takes the footprint of a proxy that runs.
func measure(t testing.TB, p *proxy.Proxy) footprint {
	t.Helper()
	// First, so that the connection for it exists whenever descriptors are counted.
	metrics, err := p.Metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f := footprint{sessions: int(metrics[`parkway_sessions{state="active"}`])}
	idle := 0
	for name, value := range metrics {
		switch {
		case !strings.HasPrefix(name, "parkway_backend_connections{"):
		case strings.Contains(name, `state="free"`):
			idle += int(value)
		default:
			f.backends += int(value)
		}
	}
	profile, err := p.Get(t.Context(), "/debug/pprof/goroutine?debug=1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(string(profile), "goroutine profile: total %d", &f.goroutines); err != nil {
		t.Fatalf("profile of goroutines: %v", err)
	}
	if f.descriptors, err = p.Descriptors(); err != nil {
		t.Fatal(err)
	}
	f.descriptors -= idle
	f.rss = rss(t, p)
	return f
}

func rss(t testing.TB, p *proxy.Proxy) int64 {
	t.Helper()
	n, err := p.RSS()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// withKills is the footprint after clients of one server were gone in the middle of a statement: it was killed, over a connection that
// stays open for the next time.
func (before footprint) withKills() footprint {
	before.descriptors++
	before.goroutines += 2
	return before
}

// settled waits until everything that an attack opened is closed again, and
// checks the memory and that nothing panicked meanwhile.
func (before footprint) settled(t testing.TB, p *proxy.Proxy) {
	t.Helper()
	var now footprint
	defer func() { t.Logf("footprint before %+v, after %+v", before, now) }()
	await(t, "descriptors, goroutines, sessions and backend connections as before", func() bool {
		now = measure(t, p)
		return now.descriptors <= before.descriptors && now.goroutines <= before.goroutines &&
			now.sessions <= before.sessions && now.backends <= before.backends
	})
	before.bounded(t, p)
	metrics, err := p.Metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := metrics["parkway_session_panics_total"]; n != 0 {
		t.Errorf("%v sessions panicked", n)
	}
}

// bounded checks the memory.
func (before footprint) bounded(t testing.TB, p *proxy.Proxy) {
	t.Helper()
	now := rss(t, p)
	t.Logf("resident memory: %.1f MiB, %+.1f MiB", mib(now), mib(now-before.rss))
	if now > before.rss+resident(slack) {
		t.Errorf("resident memory grew from %.1f to %.1f MiB", mib(before.rss), mib(now))
	}
}

// resident is n bytes of the program that runs, as resident memory: under the race
// detector each byte takes several.
func resident(n int64) int64 {
	if proxy.AsThis().Race {
		return 3 * n
	}
	return n
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }
