package e2e

import (
	"fmt"
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// Texts of a megabyte, which are passed on as they come: what stands at their end holds the connection as it does in a short one, and what
// stands in their literals does not.
func TestSharingSurvivesLongTexts(t *testing.T) {
	_, s := sharingProxy(t, sharedLimit, nil)
	long := "'" + strings.Repeat(`it''s GET_LOCK("x", 1) @x:=9; \' `, 32<<10) + "'"
	clients := dialSharers(t, s, sharers)
	c, others := clients[0], clients[1:]
	mustQuery(t, c, "DROP TABLE IF EXISTS app.long_texts", "CREATE TABLE app.long_texts (id INT AUTO_INCREMENT PRIMARY KEY, a LONGTEXT)")
	// move has everybody else use whatever connection is free.
	move := func() {
		t.Helper()
		for i, o := range others {
			value(t, o, fmt.Sprintf("SELECT CONCAT(@x := %d, @@sql_mode)", i))
			resetConnection(t, o)
		}
	}
	check := func(sql, ask, want string) {
		t.Helper()
		mustQuery(t, c, strings.Replace(sql, "LONG", long, 1))
		move()
		if got := value(t, c, ask); got != want {
			t.Errorf("after %s: %s is %s, want %s", sql, ask, got, want)
		}
		resetConnection(t, c)
	}
	check("SELECT LENGTH(LONG), GET_LOCK('long_texts', 0)", "SELECT RELEASE_LOCK('long_texts')", "1")
	check("SELECT LENGTH(LONG), @x := 'mine'", "SELECT @x", "mine")
	check("SELECT LENGTH(LONG), 'mine' INTO @y, @x", "SELECT @x", "mine")
	check("SELECT LENGTH(LONG); SET @x = 5, sql_mode = 'ANSI'", "SELECT CONCAT(@x, @@sql_mode LIKE '%ANSI%')", "51")
	check("SET @long = LONG, @x = 'mine'", "SELECT CONCAT(@x, LENGTH(@long) > 1000000)", "mine1")

	mustQuery(t, c, "INSERT INTO app.long_texts (a) VALUES ('a')")
	before := value(t, c, "SELECT LAST_INSERT_ID()")
	move()
	check("INSERT INTO app.long_texts (a, id) VALUES (LONG, 1000 + LAST_INSERT_ID())", "SELECT MAX(id) - 1000 FROM app.long_texts", before)

	// All of them at once on two connections, none of which is held.
	for i, o := range clients {
		mustQuery(t, o, fmt.Sprintf("INSERT INTO app.long_texts (a, id) VALUES (%s, %d)", long, 2000+i))
	}
	if got, want := value(t, c, "SELECT COUNT(*) FROM app.long_texts WHERE id >= 2000"), fmt.Sprint(sharers); got != want {
		t.Errorf("%s rows, want %s", got, want)
	}

	// A prepared one, too.
	st := prepare(t, c, "SELECT LENGTH("+long+"), @x := ?")
	if _, err := st.Execute([]byte("mine")); err != nil {
		t.Fatal(err)
	}
	move()
	if got := value(t, c, "SELECT @x"); got != "mine" {
		t.Errorf("after an execution @x is %s", got)
	}
}

func resetConnection(t *testing.T, c *mysqltest.Client) {
	t.Helper()
	if _, err := c.Command(protocol.ComResetConnection); err != nil {
		t.Fatal(err)
	}
}
