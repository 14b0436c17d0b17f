package e2e

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"parkway/bench/proxy"
	"parkway/protocol"
)

// example is a proxy of the test's own with one of the scripts in examples/scripts.
func example(t *testing.T, name string) (*proxy.Proxy, side) {
	t.Helper()
	return scriptFile(t, filepath.Join("..", "..", "examples", "scripts", name))
}

// openAs is a pool of the driver's for some user.
func (s side) openAs(t *testing.T, user, password, params string) *sql.DB {
	t.Helper()
	cfg := s.config(t, params)
	cfg.User, cfg.Passwd = user, password
	return openConfig(t, cfg)
}

// wantRows runs a query that must bring these rows. On a machine that is very busy a script's regular expression may take longer than it may.
func wantRows(t *testing.T, db *sql.DB, want, query string, args ...any) {
	t.Helper()
	got, err := rowsOf(db, query, args...)
	for range 2 {
		if codeOf(err) == protocol.ErrCodeUnknown {
			got, err = rowsOf(db, query, args...)
		}
	}
	if err != nil || got != want {
		t.Errorf("%s: %s, %v; want %s", query, got, err, want)
	}
}

// The example masks columns for those who may not see them, whatever they are called in the result.
func TestScriptMasking(t *testing.T) {
	db := table(t, "script_people", "id INT PRIMARY KEY, email VARCHAR(100), phone VARCHAR(20), iban VARCHAR(34)")
	if _, err := db.ExecContext(t.Context(), "INSERT INTO app.script_people VALUES (1, 'jane@example.org', '0123456789', 'DE89370400440532013000'), (2, NULL, '12', NULL)"); err != nil {
		t.Fatal(err)
	}
	_, s := example(t, "masking.js")
	for _, params := range []string{"interpolateParams=true", ""} {
		const query = "SELECT id, email AS e, phone, iban FROM script_people WHERE id < ? ORDER BY id"
		wantRows(t, s.openAs(t, "app", "app", params),
			"id e phone iban (1 jane@example.org 0123456789 DE89370400440532013000)(2 NULL 12 NULL)", query, 10)
		wantRows(t, s.openAs(t, "plain", "plain", params),
			"id e phone iban (1 j***@example.org ********89 DE89******************)(2 NULL 12 NULL)", query, 10)
	}
}

// The example answers the second of two equal lookups without a server.
func TestScriptCache(t *testing.T) {
	db := table(t, "currencies", "code CHAR(3) PRIMARY KEY, name VARCHAR(20), digits INT")
	if _, err := db.ExecContext(t.Context(), "INSERT INTO app.currencies VALUES ('EUR', 'Euro', 2)"); err != nil {
		t.Fatal(err)
	}
	p, s := example(t, "cache.js")
	client := s.open(t, "")
	const query = "SELECT name, digits FROM currencies WHERE code = 'EUR'"
	for range 3 {
		wantRows(t, client, "name digits (Euro 2)", query)
		if _, err := db.ExecContext(t.Context(), "UPDATE app.currencies SET digits = 3"); err != nil {
			t.Fatal(err)
		}
	}
	wantRows(t, client, "name digits (Euro 3)", "SELECT name, digits FROM currencies WHERE code = 'EUR' AND 1 = 1")
	metrics, err := p.Metrics(t.Context())
	if err != nil || metrics[`parkway_script_tagged_total{tag="from the cache"}`] != 2 {
		t.Errorf("from the cache: %v, %v", metrics[`parkway_script_tagged_total{tag="from the cache"}`], err)
	}
}

// The example explains a slow statement behind its answer, on its connection, and logs the plan.
func TestScriptExplain(t *testing.T) {
	resultTable(t)
	p, s := example(t, "explain.js")
	client := s.open(t, "interpolateParams=true")
	wantRows(t, client, "id (1)(2)(3)(4)", "SELECT id FROM script_result WHERE id < ? ORDER BY id", 10)
	if strings.Contains(p.Log(), "slow query") {
		t.Error("a quick one was explained")
	}
	wantRows(t, client, "id SLEEP(1.1) (1 0)", "SELECT id, SLEEP(1.1) FROM script_result WHERE id = ?", 1)
	await(t, "the plan is logged", func() bool {
		log := p.Log()
		return strings.Contains(log, "slow query") && strings.Contains(log, "script_result") && strings.Contains(log, "plan")
	})
	wantRows(t, client, "id (4)", "SELECT id FROM script_result WHERE id = ?", 4)
}

// The example logs and counts who has changed what, and with how many rows.
func TestScriptAudit(t *testing.T) {
	resultTable(t)
	p, s := example(t, "audit.js")
	for _, params := range []string{"interpolateParams=true", ""} {
		db := s.open(t, params)
		r, err := db.Exec("UPDATE script_result SET price = price + ? WHERE id > 2", 1)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := r.RowsAffected(); err != nil || n != 2 {
			t.Errorf("%d rows, %v", n, err)
		}
		if _, err := db.Exec("DELETE FROM script_nowhere WHERE id = ?", 1); codeOf(err) != 1146 {
			t.Errorf("a table that is not there: %v", err)
		}
		wantRows(t, db, "id (1)", "SELECT id FROM script_result WHERE id = ?", 1)
	}
	counted := 3.0 // the failing one was not prepared
	if !isMySQL(t) {
		counted++
		wantRows(t, s.open(t, ""), "id (5)(6)", "INSERT INTO script_result (id) VALUES (?), (6) RETURNING id", 5)
		if log := p.Log(); !strings.Contains(log, "RETURNING") || !strings.Contains(log, "rows=2 schema") {
			t.Errorf("the log has %s", log)
		}
	}
	log := p.Log()
	if strings.Count(log, "UPDATE script_result") != 2 || strings.Contains(log, "SELECT id") || !strings.Contains(log, "1146") {
		t.Errorf("the log has %s", log)
	}
	metrics, err := p.Metrics(t.Context())
	if err != nil || metrics["parkway_user_audited_statements"] != counted {
		t.Errorf("%v statements counted, %v", metrics["parkway_user_audited_statements"], err)
	}
}
