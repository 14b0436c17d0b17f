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
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// scriptedProxy is a proxy of the test's own with a script.
func scriptedProxy(t *testing.T, script string) (*proxy.Proxy, side) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "script.js")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	return scriptFile(t, file)
}

// scriptFile is scriptedProxy for a script in a file.
func scriptFile(t *testing.T, file string) (*proxy.Proxy, side) {
	t.Helper()
	return ownProxy(t, func(c *proxy.Config) {
		c.Extra += fmt.Sprintf("\n[scripting]\nfile = %q\non_error = \"reject\"\ntimeout_ms = 2000\n", file)
	})
}

// changes is a script that changes results as comments say, and shows all others to a function that changes nothing.
const changes = `
	function onResult(q, result) {
		const has = what => q.sql.includes("/*" + what + "*/")
		if (has("mask") && q.user != "app") result.map(row => { if (row.mail !== null) row.mail = "***@" + row.mail.split("@")[1] })
		else if (has("drop rows")) result.map(row => row.id % 2 == 1)
		else if (has("columns")) {
			result.dropColumn("mail").addColumn({name: "double", type: "BIGINT"}, row => row.id * 2).addColumn("domain", row => row.mail && row.mail.split("@")[1])
		}
		else if (has("reply") && !q.prepared) result.reply([{answer: 42}])
		else if (has("reply")) result.reply({columns: [{name: "answer", type: "BIGINT"}], rows: [[42]]})
		else if (has("ok")) result.reply({affectedRows: 5, insertId: 7})
		else if (has("count")) { let n = 0; result.map(row => { n++ }).end(s => [{id: n, mail: s.warnings + " warnings", born: null, price: null}]) }
		else if (has("replies to errors") && result.error) result.reply([{code: result.error.code}])
		else if (has("throws")) result.map(row => { if (row.id > 2) throw new Error("three") })
		else result.map(row => {})
	}
`

// resultTable is what the statements of these tests read.
func resultTable(t *testing.T) {
	t.Helper()
	db := table(t, "script_result", "id INT PRIMARY KEY, mail VARCHAR(100), born DATETIME(3), price DECIMAL(10,2)")
	if _, err := db.ExecContext(t.Context(), `INSERT INTO app.script_result VALUES
		(1, 'jane@example.org', '2026-11-21 09:30:00.5', 1.50), (2, NULL, NULL, NULL), (3, 'grüß@example.com', '2000-01-01', -7), (4, 'x@y', NULL, 0)`); err != nil {
		t.Fatal(err)
	}
}

// What a script makes of the results of a real server, as texts and prepared, for a driver that reads them strictly.
func TestScriptResult(t *testing.T) {
	resultTable(t)
	_, s := scriptedProxy(t, changes)
	for _, params := range []string{"interpolateParams=true&charset=utf8mb4", "charset=utf8mb4"} {
		for user, c := range map[string][2]string{"app": {"app", "app"}, "plain": {"plain", "plain"}} {
			cfg := s.config(t, params)
			cfg.User, cfg.Passwd = c[0], c[1]
			db := openConfig(t, cfg)
			for _, test := range []struct{ what, want string }{
				{"mask", map[string]string{
					"app":   "id mail born price (1 jane@example.org 2026-11-21 09:30:00.500 1.50)(2 NULL NULL NULL)(3 grüß@example.com 2000-01-01 00:00:00.000 -7.00)(4 x@y NULL 0.00)",
					"plain": "id mail born price (1 ***@example.org 2026-11-21 09:30:00.500 1.50)(2 NULL NULL NULL)(3 ***@example.com 2000-01-01 00:00:00.000 -7.00)(4 ***@y NULL 0.00)",
				}[user]},
				{"drop rows", "id mail born price (1 jane@example.org 2026-11-21 09:30:00.500 1.50)(3 grüß@example.com 2000-01-01 00:00:00.000 -7.00)"},
				{"columns", "id born price double domain (1 2026-11-21 09:30:00.500 1.50 2 example.org)(2 NULL NULL 4 NULL)(3 2000-01-01 00:00:00.000 -7.00 6 example.com)(4 NULL 0.00 8 y)"},
				{"reply", "answer (42)"},
				{"ok", ""},
				{"throws", "1105"},
			} {
				for range 2 {
					got, err := rowsOf(db, "SELECT /*"+test.what+"*/ * FROM script_result WHERE id < ? ORDER BY id", 100)
					if code := codeOf(err); code != 0 {
						got = fmt.Sprint(code)
					} else if err != nil {
						t.Fatalf("%s: %v", test.what, err)
					}
					if got != test.want {
						t.Errorf("%s, %s, %s:\n got %s\nwant %s", user, params, test.what, got, test.want)
					}
				}
			}
			if got, err := rowsOf(db, "SELECT /*replies to errors*/ * FROM script_nowhere WHERE id = ?", 1); params[0] == 'i' && (err != nil || got != "code (1146)") {
				t.Errorf("in place of an error: %s, %v", got, err)
			}
		}
	}
}

// rowsOf runs a query and shows what it brings.
func rowsOf(db *sql.DB, query string, args ...any) (string, error) {
	rows, err := db.Query(query, args...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, c := range columns {
		out.WriteString(c + " ")
	}
	values := make([]sql.NullString, len(columns))
	into := make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return "", err
		}
		var row []string
		for _, v := range values {
			if !v.Valid {
				v.String = "NULL"
			}
			row = append(row, v.String)
		}
		out.WriteString("(" + strings.Join(row, " ") + ")")
	}
	return out.String(), rows.Err()
}

// A prepared statement has the columns that its executions have, and one whose answer is looked at opens no cursor.
func TestScriptResultPrepared(t *testing.T) {
	resultTable(t)
	_, s := scriptedProxy(t, changes)
	for _, more := range []protocol.Capability{0, protocol.ClientDeprecateEOF} {
		c := s.dial(t, more)
		st, err := c.Prepare("SELECT /*columns*/ * FROM script_result WHERE id < ?")
		if err != nil {
			t.Fatal(err)
		}
		names := func(list []protocol.ColumnDefinition) (names []string) {
			for _, d := range list {
				names = append(names, d.Name)
			}
			return names
		}
		for _, flags := range []byte{0, protocol.CursorReadOnly} {
			results, err := st.ExecuteFlags(flags, []byte("100"))
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"id", "born", "price", "double", "domain"}
			if got := names(results[0].Columns); !slices.Equal(got, want) || !slices.Equal(names(st.ColumnDefinitions), want) || len(results[0].Rows) != 4 {
				t.Errorf("prepared %q, executed %q, %d rows", names(st.ColumnDefinitions), got, len(results[0].Rows))
			}
		}
		if v, err := c.Value("SELECT 1"); err != nil || v != "1" {
			t.Errorf("behind it %q, %v", v, err)
		}
	}
}

// What a script looks at and leaves as it is reaches the client byte by byte as the server has sent it: results of all kinds, several, of procedures,
// with warnings and errors.
func TestScriptResultUnchanged(t *testing.T) {
	_, scripted := scriptedProxy(t, changes)
	direct := sides(t)[0]
	statements := []string{
		"DROP TABLE IF EXISTS script_same", "DROP PROCEDURE IF EXISTS script_results",
		`CREATE TABLE script_same (id INT AUTO_INCREMENT PRIMARY KEY, a TINYINT UNSIGNED, b BIGINT, c FLOAT, d DOUBLE, e DECIMAL(30,10), f DATE, g TIME(6), h DATETIME(6),
			i YEAR, j CHAR(10), k VARBINARY(20), l BLOB, m BIT(12), n ENUM('a','b'), o JSON)`,
		`INSERT INTO script_same (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o) VALUES (255, -9223372036854775808, 0.1, 1e300, 1.5, '2026-11-21', '-838:59:58.999999',
			'2026-11-21 09:30:01.000001', 2026, 'grüß', 0x00ff, REPEAT('x', 60000), 5, 'b', '{"a": 1}')`,
		"INSERT INTO script_same (a) VALUES (1), (2), (3)",
		"CREATE PROCEDURE script_results() BEGIN SELECT 1 AS one; SELECT 2 AS two, 3 AS three; END",
		"SELECT * FROM script_same", "SELECT * FROM script_same WHERE FALSE", "SELECT 1 AS a, NULL AS b; SELECT 2 AS c; DO 0; SELECT 3 AS d", "CALL script_results()",
		"SELECT CAST('x' AS UNSIGNED) AS n", "SHOW WARNINGS", "SELECT FOUND_ROWS()", "UPDATE script_same SET a = a + 1 WHERE id > 1", "SELECT ROW_COUNT()",
		"SELECT 1; SELECT nothing", "SELECT id FROM script_same UNION ALL SELECT a.id FROM script_same a, script_same b, script_same c, script_same d, script_same e, script_same f",
		"SELECT LAST_INSERT_ID()", "SET @a = 5, time_zone = '+01:00'", "SELECT @a, @@time_zone", "DROP TABLE script_same", "DROP PROCEDURE script_results",
	}
	for _, more := range []protocol.Capability{0, protocol.ClientDeprecateEOF | protocol.ClientSessionTrack} {
		var seen [2][]string
		for i, s := range []side{direct, scripted} {
			c := s.dial(t, more)
			for _, sql := range statements {
				results, err := c.Query(sql)
				seen[i] = append(seen[i], transcriptOf(sql, results, err))
				if err == nil && strings.HasPrefix(sql, "SELECT") && !strings.Contains(sql, ";") {
					st, err := c.Prepare(sql)
					if err != nil {
						t.Fatalf("%s: %v", sql, err)
					}
					results, err := st.Execute()
					seen[i] = append(seen[i], transcriptOf("prepared "+sql, results, err))
				}
			}
		}
		for i, line := range seen[0] {
			if line != seen[1][i] {
				t.Errorf("%v: directly\n%.2000s\nwith a script\n%.2000s", more, line, seen[1][i])
			}
		}
	}
}

// transcriptOf is all that a client reads of an answer.
func transcriptOf(sql string, results []mysqltest.Result, err error) string {
	line := fmt.Sprintf("%.60s: %v", sql, err)
	for _, r := range results {
		line += fmt.Sprintf("\n%+v\n%x\n%+v", r.Columns, r.Rows, r.OK)
	}
	return line
}
