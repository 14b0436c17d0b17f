package e2e

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parkway/bench/proxy"
)

// policy is a script of which a part runs for each test, named by a comment.
const policy = `
	function onAuth(conn, auth) {
		if (auth.user == "stranger") auth.become("app")
	}
	function onQuery(q) {
		if (q.sql.includes("/*around*/")) {
			q.before("INSERT INTO app.script_log (what) VALUES ('before')", (result, q) => { shared.incr("before") })
			q.after("INSERT INTO app.script_log (what) VALUES ('after'), ('after'), ('after')")
			q.after("SELECT 1 UNION SELECT 2", (result, q) => { shared.incr("rows", result.rows.length) })
		}
		if (q.sql.includes("/*numbers*/")) {
			for (const sql of ["SELECT ROW_COUNT() AS n", "DO 1", "SELECT ROW_COUNT() AS n"])
				q.after(sql, r => { if (r.rows.length) shared.set("numbers", (shared.get("numbers") || "") + " " + r.rows[0].n) })
		}
		if (q.sql.includes("/*which*/")) q.reply([{numbers: shared.get("numbers")}])
		if (q.sql.includes("/*count*/")) q.reply([{before: shared.get("before"), rows: shared.get("rows")}])
		if (q.sql.includes("/*variable*/")) q.before("SET @who = 'script', @@sort_buffer_size = 300032")
		if (q.sql.includes("/*rewrite*/")) q.rewrite("SELECT 'rewritten', ?")
		if (q.sql.includes("/*reply*/") && q.command != "COM_STMT_PREPARE") q.reply([{id: 1, name: "one"}, {id: 2, name: null}])
		if (q.sql.includes("/*reject*/")) q.reject(1142, "not for you")
	}
	async function onDisconnect(conn, stats) {}
`

// A script in front of a real server: what it answers, changes and sends, as texts and prepared.
func TestScript(t *testing.T) {
	file := filepath.Join(t.TempDir(), "policy.js")
	if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, multiplexing := range []bool{true, false} {
		_, s := ownProxy(t, func(c *proxy.Config) {
			c.Variables["multiplexing"] = multiplexing
			c.Users = append(c.Users, proxy.User{Name: "stranger", Password: "pw", Hostgroup: c.Users[0].Hostgroup})
			c.Extra += fmt.Sprintf("\n[scripting]\nfile = %q\ntimeout_ms = 2000\n", file)
		})
		t.Run(fmt.Sprintf("multiplexing %v", multiplexing), func(t *testing.T) {
			t.Run("around", func(t *testing.T) { scriptAround(t, s) })
			t.Run("state", func(t *testing.T) { scriptState(t, s) })
			t.Run("answers", func(t *testing.T) { scriptAnswers(t, s) })
			t.Run("login", func(t *testing.T) {
				c, err := s.connect(t, "stranger", "pw")
				if err != nil {
					t.Fatal(err)
				}
				if who, err := c.Value("SELECT CURRENT_USER()"); err != nil || !strings.HasPrefix(who, "app@") {
					t.Errorf("at the server it is %q, %v", who, err)
				}
			})
		})
	}
}

// scriptAround runs statements directly and with others of the script's around them: the client can't tell.
func scriptAround(t *testing.T, s side) {
	direct := sides(t)[0]
	var seen [2][]string
	for i, s := range []side{direct, s} {
		c, err := s.connect(t, "app", "app")
		if err != nil {
			t.Fatal(err)
		}
		mustQuery(t, c, "CREATE TABLE IF NOT EXISTS script_log (id INT AUTO_INCREMENT PRIMARY KEY, what TEXT)",
			"DROP TABLE IF EXISTS script_rows",
			"CREATE TABLE script_rows (id INT AUTO_INCREMENT PRIMARY KEY, a INT)")
		for _, sql := range []string{
			"INSERT /*around*/ INTO script_rows (a) VALUES (1), (2)", "SELECT LAST_INSERT_ID()", "SELECT ROW_COUNT()",
			"UPDATE /*around*/ script_rows SET a = a + 1", "SELECT ROW_COUNT()", "SELECT LAST_INSERT_ID()",
			"SELECT /*around*/ a FROM script_rows ORDER BY id", "SELECT FOUND_ROWS()", "SELECT /*around*/ LAST_INSERT_ID()",
			"SHOW WARNINGS", "UPDATE /*around*/ IGNORE script_rows SET a = 1 + '2x' + '3y'", "SHOW WARNINGS", "SHOW warnings ;", "SELECT ROW_COUNT()",
			"SELECT /*around*/ 1 / 0, CAST('x' AS SIGNED)", "SHOW WARNINGS", "DO 1", "BEGIN", "INSERT /*around*/ INTO script_rows (a) VALUES (9)", "ROLLBACK", "SELECT COUNT(*) FROM script_rows",
		} {
			results, err := c.Query(sql)
			if err != nil {
				t.Fatalf("%s: %s: %v", s.name, sql, err)
			}
			line := sql
			for _, r := range results {
				rows, _ := r.Text()
				line += fmt.Sprintf(" -> %v %d %d %d %q", rows, r.OK.AffectedRows, r.OK.InsertID, r.OK.Warnings, r.OK.Info)
			}
			seen[i] = append(seen[i], line)
		}
	}
	if !slices.Equal(seen[0], seen[1]) {
		t.Errorf("directly\n%s\nwith a script\n%s", strings.Join(seen[0], "\n"), strings.Join(seen[1], "\n"))
	}
	c, err := s.connect(t, "app", "app")
	if err != nil {
		t.Fatal(err)
	}
	results, err := c.Query("SELECT /*count*/ 1")
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := results[0].Text(); err != nil || !slices.Equal(rows[0], []string{"7", "14"}) {
		t.Errorf("the script has seen %v, %v", rows, err)
	}
	// What the script asks about the client's statement is of that, also behind others of its own.
	mustQuery(t, c, "INSERT /*numbers*/ INTO script_rows (a) VALUES (1), (2), (3)", "SELECT /*numbers*/ 1", "UPDATE /*numbers*/ script_rows SET a = a + 1 LIMIT 2")
	if got, err := c.Value("SELECT /*which*/ 1"); err != nil || got != " 3 3 -1 -1 2 2" {
		t.Errorf("the script has read the numbers %q, %v", got, err)
	}
}

// scriptState checks that what a statement of the script's sets is the session's, and nobody else's.
func scriptState(t *testing.T, s side) {
	c, err := s.connect(t, "app", "app")
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.connect(t, "app", "app")
	if err != nil {
		t.Fatal(err)
	}
	const what = "SELECT CONCAT_WS(' ', @who, @@sort_buffer_size = 300032)"
	mustQuery(t, c, "SELECT /*variable*/ 1")
	for range 3 {
		if got, err := c.Value(what); err != nil || got != "script 1" {
			t.Errorf("%q, %v", got, err)
		}
		if got, err := other.Value(what); err != nil || got != "0" {
			t.Errorf("of another client: %q, %v", got, err)
		}
	}
}

// scriptAnswers checks answers of the script's own with a driver that reads them strictly.
func scriptAnswers(t *testing.T, s side) {
	for _, params := range []string{"interpolateParams=true", ""} {
		db := s.open(t, params)
		var id int
		var name sql.NullString
		rows, err := db.Query("SELECT /*reply*/ ?", 5)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for rows.Next() {
			if err := rows.Scan(&id, &name); err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(id, name))
		}
		if err := rows.Err(); err != nil || !slices.Equal(got, []string{"1 {one true}", "2 { false}"}) {
			t.Errorf("%q: %q, %v", params, got, err)
		}
		var text, value string
		if params == "" {
			if err := db.QueryRow("SELECT /*rewrite*/ ?", "x").Scan(&text, &value); err != nil || text+value != "rewrittenx" {
				t.Errorf("rewritten: %q, %q, %v", text, value, err)
			}
		}
		if _, err := db.Exec("DO /*reject*/ ?", 1); codeOf(err) != 1142 {
			t.Errorf("rejected: %v", err)
		}
	}
}
