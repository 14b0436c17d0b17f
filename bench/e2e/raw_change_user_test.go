package e2e

import (
	"testing"
	"time"

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

// Who is turned away has lost the connection on MySQL.
func TestRawChangeUserDenied(t *testing.T) {
	if !isMySQL(t) {
		t.Skip("MariaDB lets the old user go on")
	}
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

// On MariaDB the session is reset, and goes on as the old user's.
func TestRawChangeUserDeniedGoesOn(t *testing.T) {
	if isMySQL(t) {
		t.Skip("MySQL ends the connection")
	}
	t.Parallel() // the answer takes a second
	same(t, func(t *testing.T, s side, seen *transcript) {
		c := s.dial(t, 0)
		for _, login := range [][2]string{{"plain", "wrong"}, {"nobody", "x"}} {
			query(c, seen, "SET @a = 1, autocommit = 0, sql_mode = 'ANSI', NAMES latin2", "CREATE TEMPORARY TABLE app.denied (a INT)", "START TRANSACTION")
			st, err := c.Prepare("SELECT 1")
			if err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			err = c.ChangeUser(login[0], login[1], "sbtest")
			seen.addf("%s: %d, after a second: %t", login[0], codeOf(err), time.Since(begun) >= time.Second)
			query(c, seen, "SELECT SUBSTRING_INDEX(USER(), '@', 1), DATABASE(), @a, @@autocommit, @@sql_mode, @@in_transaction",
				"SELECT @@character_set_client, @@collation_connection, @@character_set_results, @@wait_timeout", "SELECT * FROM app.denied")
			_, err = st.Execute()
			seen.addf("the statement: %d", codeOf(err))
		}
	})
}
