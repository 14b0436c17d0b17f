package proxy

import (
	"context"
	"testing"
	"time"
)

// Await polls until ok, for what nothing announces, and fails the test if that takes longer than limit. It returns how long it took.
func Await(t testing.TB, limit time.Duration, what string, ok func() bool) time.Duration {
	t.Helper()
	begun := time.Now()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for !ok() {
		if time.Since(begun) > limit {
			t.Fatalf("%v later still not: %s", limit, what)
		}
		<-ticker.C
	}
	return time.Since(begun)
}

// Limited is a context for one step of a test, which may take so long.
func Limited(t testing.TB, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}
