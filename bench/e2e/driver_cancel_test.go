package e2e

import (
	"context"
	"fmt"
	"testing"

	"parkway/bench/proxy"
)

func TestDriverCancel(t *testing.T) {
	same(t, func(t *testing.T, s side, seen *transcript) {
		db := s.open(t, "")
		db.SetMaxOpenConns(1)
		for _, query := range []step{{"SELECT SLEEP(30)", nil}, {"SELECT SLEEP(?)", []any{30}}} {
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() {
				var slept int
				ended <- db.QueryRowContext(ctx, query.sql, query.args...).Scan(&slept)
			}()
			awaitSleeper(t)
			cancel()
			seen.failed(query.sql, <-ended)
			endSleepers(t)
			var one int
			err := db.QueryRowContext(proxy.Limited(t, patience), "SELECT 1").Scan(&one)
			seen.addf("afterwards: %d %v", one, err)
		}
	})
}

// sleepers finds the statements of SELECT SLEEP that run.
const sleepers = "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'"

func awaitSleeper(t testing.TB) {
	t.Helper()
	db := shared(t).cluster.Servers[0].DB()
	await(t, "SELECT SLEEP runs", func() bool {
		var id int
		return db.QueryRowContext(t.Context(), sleepers).Scan(&id) == nil
	})
}

// endSleepers kills the statements whose clients have left: not every server
// notices that.
func endSleepers(t testing.TB) {
	t.Helper()
	db := shared(t).cluster.Servers[0].DB()
	await(t, "no SELECT SLEEP runs", func() bool {
		var id int
		if db.QueryRowContext(t.Context(), sleepers).Scan(&id) != nil {
			return true
		}
		// It may have ended by itself in the meantime.
		db.ExecContext(t.Context(), fmt.Sprintf("KILL %d", id))
		return false
	})
}
