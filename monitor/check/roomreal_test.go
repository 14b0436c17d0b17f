//go:build integration

package check

import (
	"sync"
	"testing"
)

// A real server's limit to the account's connections.
func TestRealServerWithOnePlace(t *testing.T) {
	s := shared.T(t).Servers[0]
	if _, err := s.DB().ExecContext(t.Context(), "CREATE USER few@'%' IDENTIFIED BY 'few' WITH MAX_USER_CONNECTIONS 1"); err != nil {
		t.Fatal(err)
	}
	g := at(t, s)
	for range 10 {
		var all sync.WaitGroup
		for _, kind := range []Kind{Connect, Ping, ReadOnly} {
			all.Go(func() { want(t, g.Check(kind, Account{User: "few", Password: "few"}, patience), OK, "") })
		}
		all.Wait()
	}
	if _, err := s.DB().ExecContext(t.Context(), "DROP USER few@'%'"); err != nil {
		t.Fatal(err)
	}
}
