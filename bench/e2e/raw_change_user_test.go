package e2e

import (
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

func TestRawChangeUser(t *testing.T) {
	who := []string{"SELECT SUBSTRING_INDEX(USER(), '@', 1), DATABASE(), @a, @@autocommit", "SHOW TABLES LIKE 'only_mine'"}
	raw(t, func(t *testing.T, c *mysqltest.Client, seen *transcript) {
		steps := []struct{ user, password, schema string }{
			{"plain", "plain", "app"},
			{"plain", "plain", ""},
			{"app", "app", "sbtest"},
			{"app", "app", "app"},
		}
		seen.failed("before any statement", c.ChangeUser("plain", "plain", "app"))
		query(c, seen, who...)
		for _, s := range steps {
			query(c, seen, "SET @a = 1, autocommit = 0", "CREATE TEMPORARY TABLE IF NOT EXISTS app.only_mine (a INT)")
			seen.addf("change to %s: %t", s.user, seen.failed("change", c.ChangeUser(s.user, s.password, s.schema)))
			query(c, seen, who...)
		}
	})
}

// Who is turned away has lost the connection, as with MySQL; MariaDB lets the
// old user go on.
func TestRawChangeUserDenied(t *testing.T) {
	for _, test := range []struct{ name, user, password string }{
		{"wrong password", "plain", "wrong"},
		{"no password", "plain", ""},
		{"unknown user", "nobody", "x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := sides(t)[1].dial(t, 0)
			err := c.ChangeUser(test.user, test.password, "app")
			if said, ok := err.(*protocol.ERR); !ok || said.Code != protocol.ErrCodeAccessDenied || said.State != "28000" {
				t.Errorf("%v, want error 1045 (28000)", err)
			}
			if rest, err := c.ExpectEOF(); err != nil || len(rest) > 0 {
				t.Errorf("%q and %v after the error, want the end of the connection", rest, err)
			}
		})
	}
}
