package scripting

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patiently are options for a machine that may be busy.
func patiently() Options { return Options{Timeout: time.Second, SlowTimeout: patient} }

func TestRunsTests(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "main.js")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("main.js", `
		function onConnect(conn) { if (conn.clientAddr === "192.0.2.66") conn.reject("away") }
		function onAuth(conn, auth) { if (auth.user === "a") auth.become("b", "secret").route(7).use("s") }
		async function slow(q) { const r = await sql(10, "SELECT 1"); q.route(r.rows[0].n) }
		function onQuery(q) {
			if (q.annotations.slow) return offload(slow)
			if (q.params[0] === 5) { q.reject(1234, "five"); return }
			q.tag(q.user).rewrite("SELECT 2").timeout(50).before("SELECT b", r => { if (r.error) q.sql })
			q.after("SELECT a", (r, q) => { q.after("SELECT " + r.rows[0].x) })
		}
		function onResult(q, result) { result.map(r => { r.mail = "*" }).addColumn("n", r => r.id).end((s, q) => { q.after("EXPLAIN") }) }
		async function onDisconnect(conn, stats) { await sleep(1); shared.set("gone", stats.queries) }
		test("in the file", () => { assert(true) })
		test("fails", () => { assert.equal(1, 2, "numbers") })`)
	write("main_test.js", `
		test("connect", () => {
			assert.equal(mock.connect({clientAddr: "192.0.2.66"}).reject.message, "away")
			assert.equal(mock.connect({}).reject, null)
		})
		test("auth", () => {
			assert.deepEqual(mock.auth({user: "a"}), {reject: null, user: "b", password: "secret", hostgroup: 7, schema: "s"})
			assert.equal(mock.auth({user: "c"}).hostgroup, undefined)
		})
		test("query", () => {
			const v = mock.query({sql: "SELECT 1", user: "u"})
			assert.deepEqual([v.tags, v.sql, v.timeout, v.before[0].sql, v.hostgroup], [["u"], "SELECT 2", 50, "SELECT b", undefined])
			assert.equal(v.after[0].answer([{x: 5}]).after[0].sql, "SELECT 5")
			assert.equal(mock.query({sql: "x", command: "COM_STMT_EXECUTE", params: [5]}).reject.code, 1234)
		})
		test("offload", async () => {
			mock.sql("SELECT 1", [{n: 30}])
			assert.equal(mock.query("SELECT /* slow=1 */ 1").hostgroup, 30)
			mock.sql("SELECT 1", {error: {code: 1146, sqlState: "42S02", message: "no table"}})
			try { mock.query("SELECT /* slow=1 */ 1"); assert(false) } catch (e) { assert.equal(e.message, "onQuery failed: main.js:4:47: Error: no table") }
			try { await sql(10, "SELECT 1"); assert(false) } catch (e) { assert.equal([e.code, e.sqlState, e.message].join(), "1146,42S02,no table") }
			await sleep(1)
		})
		test("result", () => {
			const r = mock.result("SELECT", [{id: 1, mail: "a"}, {id: 2, mail: "b"}, {id: 3, mail: "c"}])
			assert.deepEqual(r.rows, [{id: 1, mail: "*", n: "1"}, {id: 2, mail: "*", n: "2"}, {id: 3, mail: "*", n: "3"}])
			assert.equal(r.after[0].sql, "EXPLAIN")
		})
		test("disconnect", () => { mock.disconnect({}, {queries: 9}); assert.equal(shared.get("gone"), 9) })
		test("asserts", () => {
			assert.match("abc", /b/)
			assert.throws(() => { throw 1 })
			for (const f of [() => assert(0), () => assert.equal("1", 1), () => assert.deepEqual({a: [1]}, {a: [2]}), () => assert.match("a", /b/), () => assert.throws(() => 0)]) assert.throws(f)
		})
		test("fails too", () => { assert.deepEqual({a: 1}, {a: 2}) })
		test("fails later", async () => { await sleep(1); null.x })`)
	var out bytes.Buffer
	ran, failed, err := Test(file, patiently(), &out)
	if err != nil || ran != 11 || failed != 3 {
		t.Errorf("%d tests, %d failed, %v:\n%s", ran, failed, err, out.String())
	}
	for _, want := range []string{
		"ok    in the file (", "FAIL  fails\n      main.js:14:", "Error: numbers: got 1, want 2\n", "ok    offload", "ok    result",
		`got {"a":1}, want {"a":2}`, "FAIL  fails later\n      main_test.js:36:",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
	var named bytes.Buffer
	if again, _, err := Test(filepath.Join(dir, "main_test.js"), patiently(), &named); err != nil || again != ran {
		t.Errorf("by the name of the tests: %d tests, %v:\n%s", again, err, named.String())
	}
	write("main.js", "let a = (")
	if _, _, err := Test(file, patiently(), &out); err == nil || !strings.Contains(err.Error(), "main.js:1:") {
		t.Errorf("a broken program: %v", err)
	}
}

func TestReplay(t *testing.T) {
	dir := t.TempDir()
	file, recorded := filepath.Join(dir, "main.js"), filepath.Join(dir, "recorded.jsonl")
	replay := func(recording string, out *bytes.Buffer) (asked, failed int, err error) {
		t.Helper()
		if err := os.WriteFile(recorded, []byte(recording), 0o600); err != nil {
			t.Fatal(err)
		}
		return Replay(file, recorded, patiently(), out)
	}
	if err := os.WriteFile(file, []byte(`function onQuery(q) {
		if (q.sql === "bad") null.x
		if (q.params[1] === 9007199254740993n) q.route(30)
		if (q.inTransaction) q.reject("no").tag("t")
		if (q.user === "u" && q.schema === "s" && q.attributes.a === "b" && q.clientAddr === "192.0.2.1") q.reply([[1, 2]]).before("SELECT b", () => 0).timeout(5)
		if (q.sql === "x") q.rewrite("<y>").pin()
	}`), 0o600); err != nil {
		t.Fatal(err)
	}
	recording := `{"sql": "SELECT ?", "command": "COM_STMT_EXECUTE", "params": [null, 9007199254740993, true, 1.5, "x"]}
{"sql": "x", "in_transaction": false}

{"sql": "SELECT 1", "in_transaction": true}
{"sql": "bad"}
{"sql": "SELECT 1", "user": "u", "schema": "s", "client_addr": "192.0.2.1", "attributes": {"a": "b"}}
`
	var out bytes.Buffer
	asked, failed, err := replay(recording, &out)
	want := `{"sql":"SELECT ?","hostgroup":30}
{"sql":"x","rewrite":"<y>","pin":true}
{"sql":"SELECT 1","reject":"ERROR 1148 (42000): no","tags":["t"]}
{"sql":"bad"}
{"sql":"SELECT 1","user":"u","reply":"1 rows of 2 columns","timeout_ms":5,"before":["SELECT b"]}
`
	if err != nil || asked != 5 || failed != 1 || out.String() != want {
		t.Errorf("%d asked, %d failed, %v:\n%s", asked, failed, err, out.String())
	}
	for _, bad := range []string{"{", `{"sql": 5}`, `{"command": "COM_PING"}`, `{"params": [{}]}`} {
		if _, _, err := replay("\n"+bad, &out); err == nil || !strings.HasPrefix(err.Error(), recorded+":2: ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
