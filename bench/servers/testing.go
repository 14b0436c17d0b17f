package servers

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"
)

// startLimit bounds the start of a cluster in a test. The first on a machine
// makes the template.
const startLimit = 2 * time.Minute

// StartT starts servers for one test, or fails it, and stops them in its
// Cleanup. The servers' logs are shown when the test has failed.
func StartT(t testing.TB, o Options) *Cluster {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startLimit)
	defer cancel()
	c, err := Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			for i, s := range c.Servers {
				t.Logf("log of server %d:\n%s", i, s.Log())
			}
		}
		c.Stop()
	})
	return c
}

// Shared is a cluster that the tests of one binary share, started when the
// first asks for it:
//
//	var shared = servers.NewShared(servers.Options{Replicas: 1})
//
//	func TestMain(m *testing.M) {
//		code := m.Run()
//		shared.Stop()
//		os.Exit(code)
//	}
//
// A test that kills, freezes or reconfigures a server wants a cluster of its
// own.
type Shared struct {
	options Options // immutable

	once    sync.Once
	cluster *Cluster
	err     error
}

// NewShared starts nothing yet.
func NewShared(o Options) *Shared { return &Shared{options: o} }

// Main is the TestMain of a package whose tests hold it against real servers of the flavor that PARKWAY_FLAVOR names: it sets *shared, runs
// the tests, stops the servers and ends the process.
func Main(m *testing.M, shared **Shared) {
	flavor, err := ParseFlavor(os.Getenv("PARKWAY_FLAVOR"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	*shared = NewShared(Options{Flavor: flavor})
	code := m.Run()
	(*shared).Stop()
	os.Exit(code)
}

// T returns the cluster, or fails the test when it cannot be had.
func (s *Shared) T(t testing.TB) *Cluster {
	t.Helper()
	s.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), startLimit)
		defer cancel()
		s.cluster, s.err = Start(ctx, s.options)
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.cluster
}

// Stop stops the cluster if it was started. No test may ask for it afterwards.
func (s *Shared) Stop() {
	if s.cluster != nil {
		s.cluster.Stop()
	}
}
