package e2e

import (
	"database/sql"
	"testing"

	"parkway/bench/proxy"
)

func TestDriverDeadlock(t *testing.T) {
	same(t, func(t *testing.T, s side, seen *transcript) {
		ctx := proxy.Limited(t, patience)
		a, b := s.session(t, ""), s.session(t, "")
		play(ctx, a, seen, []step{
			{"DROP TABLE IF EXISTS locks", nil},
			{"CREATE TABLE locks (id INT PRIMARY KEY, n INT)", nil},
			{"INSERT INTO locks VALUES (1, 0), (2, 0)", nil},
			{"BEGIN", nil},
			{"UPDATE locks SET n = 1 WHERE id = 1", nil},
		})
		play(ctx, b, seen, []step{{"BEGIN", nil}, {"UPDATE locks SET n = 1 WHERE id = 2", nil}})
		// Whichever comes second is the victim, or the one that the server prefers.
		outcome := make(chan error, 2)
		cross := func(c *sql.Conn, id int) {
			_, err := c.ExecContext(ctx, "UPDATE locks SET n = 2 WHERE id = ?", id)
			if err != nil {
				c.ExecContext(ctx, "ROLLBACK")
			}
			outcome <- err
		}
		go cross(a, 2)
		go cross(b, 1)
		victims := 0
		for range 2 {
			if seen.failed("cross", <-outcome) {
				victims++
			}
		}
		if victims != 1 {
			t.Errorf("%s: %d victims", s.name, victims)
		}
		for _, c := range []*sql.Conn{a, b} {
			if _, err := c.ExecContext(ctx, "ROLLBACK"); err != nil {
				t.Error(err)
			}
		}
	})
}
