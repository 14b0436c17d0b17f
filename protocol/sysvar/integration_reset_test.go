//go:build integration

package sysvar

import (
	"testing"

	"parkway/protocol"
)

// What COM_RESET_CONNECTION leaves of a connection's state, and COM_CHANGE_USER. Each case makes a state and then asks for it; the
// answers are those of MariaDB, and of MySQL where that differs.
func TestRealReset(t *testing.T) {
	server := shared.T(t).Servers[0]
	for _, sql := range []string{
		"CREATE ROLE r", "GRANT r TO root@'%'", "CREATE TABLE app.reset (a int AUTO_INCREMENT PRIMARY KEY)",
		"CREATE DATABASE german CHARACTER SET latin1 COLLATE latin1_german1_ci",
	} {
		if _, err := server.DB().Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
	// Locks are asked for by another connection. Its own of the case before may be there for a moment.
	const other = "other: "
	for _, test := range []struct {
		name                   string
		make, ask              string
		reset, login           string // login "" = the same
		mysqlReset, mysqlLogin string // "" = the same as MariaDB
	}{
		{"a role stays, on MariaDB even after COM_CHANGE_USER", "SET ROLE r", "SELECT CURRENT_ROLE() LIKE '%r%'", "1", "1", "", "0"},
		{"the schema stays", "USE app", "SELECT DATABASE()", "app", "NULL", "", ""},
		{"the character set of the schema goes", "USE german", "SELECT @@collation_database LIKE 'latin1_german%'", "0", "", "", ""},
		{"variables", "SET sql_mode='ANSI', timestamp=5", "SELECT @@sql_mode LIKE '%ANSI%', UNIX_TIMESTAMP() > 5", "0 1", "", "", ""},
		{"MySQL takes the global character set", "SET NAMES koi8r", "SELECT @@character_set_client, @@collation_connection",
			"latin2 latin2_general_ci", "latin2 latin2_general_ci", "utf8mb4 utf8mb4_0900_ai_ci", ""},
		{"user variables", "SET @a=1", "SELECT @a", "NULL", "", "", ""},
		{"the next transaction", "SET TRANSACTION READ ONLY", "INSERT INTO app.reset VALUES ()", "", "", "", ""},
		{"a transaction", "BEGIN", "SELECT 1", "1", "", "", ""},
		{"a temporary table", "CREATE TEMPORARY TABLE app.t (a int)", "SELECT * FROM app.t", "error 1146", "", "", ""},
		{"a prepared text", "PREPARE s FROM 'SELECT 1'", "EXECUTE s", "error 1243", "", "", ""},
		{"a handler", "HANDLER app.reset OPEN", "HANDLER reset READ FIRST", "error 1109", "", "", ""},
		{"LOCK TABLES", "LOCK TABLES app.reset WRITE", other + "INSERT INTO app.reset VALUES ()", "", "", "", ""},
		{"FLUSH TABLES WITH READ LOCK", "FLUSH TABLES WITH READ LOCK", other + "INSERT INTO app.reset VALUES ()", "", "", "", ""},
		{"GET_LOCK", "SELECT GET_LOCK('a', 5)", other + "SELECT GET_LOCK('a', 5)", "1", "", "", ""},
		{"the last insert id", "SELECT LAST_INSERT_ID(5)", "SELECT LAST_INSERT_ID()", "0", "", "", ""},
		{"found rows", "SELECT SQL_CALC_FOUND_ROWS 1 UNION SELECT 2 LIMIT 1", "SELECT FOUND_ROWS() < 3", "1", "", "", ""},
	} {
		for _, how := range []protocol.Command{protocol.ComResetConnection, protocol.ComChangeUser} {
			c, neighbour := login(t, 9), login(t, 45)
			neighbour.must("SET lock_wait_timeout=1")
			c.must(test.make)
			want := test.reset
			if how == protocol.ComResetConnection {
				if test.mysqlReset != "" && !mariaDB() {
					want = test.mysqlReset
				}
				if _, err := c.Command(how); err != nil {
					t.Fatal(err)
				}
			} else {
				if test.login != "" {
					want = test.login
				}
				if test.mysqlLogin != "" && !mariaDB() {
					want = test.mysqlLogin
				}
				c.changeUser(9)
			}
			asked, sql := c, test.ask
			if len(sql) > len(other) && sql[:len(other)] == other {
				asked, sql = neighbour, sql[len(other):]
			}
			if got := asked.answer(sql); got != want {
				t.Errorf("%s: after %v: %s, want %s", test.name, how, got, want)
			}
			c.Close()
			neighbour.Close()
		}
	}
}

// answer is the first row of the answer, the error, or nothing.
func (c *conn) answer(sql string) string {
	results, err := c.Query(sql)
	if err != nil {
		return "error " + errorCode(err)
	}
	rows, err := results[0].Text()
	if err != nil || len(rows) == 0 {
		return ""
	}
	text := rows[0][0]
	for _, value := range rows[0][1:] {
		text += " " + value
	}
	return text
}

// changeUser logs in again as root, who has no password.
func (c *conn) changeUser(charset uint16) {
	c.t.Helper()
	m := protocol.ChangeUser{User: "root", Charset: charset, AuthPlugin: c.Greeting.AuthPlugin}
	if err := c.WriteCommand(protocol.ComChangeUser, m.Append(nil, c.Capabilities)[1:]...); err != nil {
		c.t.Fatal(err)
	}
	for {
		p, err := c.ReadMessage()
		if err != nil {
			c.t.Fatal(err)
		}
		switch {
		case len(p) > 0 && p[0] == 0x00:
			return
		case len(p) > 0 && p[0] == protocol.AuthSwitchHeader:
			err = c.WriteMessage(nil)
		default:
			c.t.Fatalf("COM_CHANGE_USER: %q", p)
		}
		if err != nil {
			c.t.Fatal(err)
		}
	}
}
