package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parkway/bench/proxy"
)

// asking is a script that asks the server by itself.
const asking = `
	const shown = v => typeof v == "bigint" ? v + "n" : v instanceof Uint8Array ? "bytes " + v.join(" ") : v
	async function ask(q) {
		const text = q.sql.slice(q.sql.indexOf("/*ask*/") + 7)
		try {
			const r = await sql(10, text)
			const rows = r.rows.map(row => r.columns.map(c => shown(row[c])))
			q.reply([{answer: JSON.stringify([rows, r.affectedRows, r.insertId, r.warnings])}])
		} catch (e) {
			q.reply([{answer: [e.code, e.sqlState, e.message].join()}])
		}
	}
	function onQuery(q) {
		if (q.sql.includes("/*ask*/")) return offload(ask)
	}
`

// Statements of a script's own, outside of any session.
func TestScriptSQL(t *testing.T) {
	file := filepath.Join(t.TempDir(), "asking.js")
	if err := os.WriteFile(file, []byte(asking), 0o600); err != nil {
		t.Fatal(err)
	}
	_, s := ownProxy(t, func(c *proxy.Config) {
		c.Users[0].Schema = "app"
		c.Extra += fmt.Sprintf("\n[scripting]\nfile = %q\nsql_username = \"app\"\ntimeout_ms = 2000\nslow_timeout_ms = 2000\non_error = \"reject\"\n", file)
	})
	c, err := s.connect(t, "app", "app")
	if err != nil {
		t.Fatal(err)
	}
	mustQuery(t, c, "DROP TABLE IF EXISTS script_sql", "CREATE TABLE script_sql (id INT AUTO_INCREMENT PRIMARY KEY, a INT)")
	ask := func(sql string) string {
		t.Helper()
		got, err := c.Value("DO 0 /*ask*/" + sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
		}
		return got
	}
	for _, test := range [][2]string{
		{"SELECT 1, -5, 18446744073709551615, 1.50, 'é', NULL, X'0102', CAST('2024-02-29' AS DATE), 1.5e0",
			`[[[1,-5,"18446744073709551615n","1.50","é",null,"bytes 1 2","2024-02-29",1.5]],0,0,0]`},
		{"INSERT INTO script_sql (a) VALUES (7), (8)", "[[],2,1,0]"},
		{"SELECT a FROM script_sql ORDER BY id", "[[[7],[8]],0,0,0]"},
		{"SELECT LAST_INSERT_ID()", "[[[0]],0,0,0]"},
		{"BEGIN", "[[],0,0,0]"},
		{"DELETE FROM script_sql", "[[],2,0,0]"},
		{"ROLLBACK", "[[],0,0,0]"},
		{"SELECT COUNT(*) FROM script_sql", "[[[0]],0,0,0]"}, // each is a session of its own
		{"SET @mine = 1", "[[],0,0,0]"},
		{"SELECT @mine", "[[[null]],0,0,0]"},
		{"SELECT 1; SELECT 2", "1064,42000,"},
		{"SELECT a FROM nowhere", "1146,42S02,"},
	} {
		if got := ask(test[0]); got != test[1] && !(strings.HasSuffix(test[1], ",") && strings.HasPrefix(got, test[1])) {
			t.Errorf("%s: %s, want %s", test[0], got, test[1])
		}
	}
	if got := ask("SELECT REPEAT('x', 5000000)"); !strings.Contains(got, "larger than 4194304 bytes") {
		t.Errorf("a large result: %.100s", got)
	}
	if _, err := c.Query("DO 0 /*ask*/SELECT SLEEP(100) /* slow */"); codeOf(err) != 1105 {
		t.Errorf("a slow one: %v", err)
	}
	root, err := sides(t)[0].connect(t, "root", "")
	if err != nil {
		t.Fatal(err)
	}
	await(t, "the slow statement is killed", func() bool {
		n, err := root.Value("SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(100)%'")
		return err == nil && n == "0"
	})
}
