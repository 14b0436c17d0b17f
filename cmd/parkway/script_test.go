package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestScriptCommand(t *testing.T) {
	keepGlobals(t)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"good.js":     `function onQuery(q) { if (q.sql === "x") q.route(20); log.info("asked", {sql: q.sql}) } test("x", () => assert.equal(mock.query("x").hostgroup, 20))`,
		"failing.js":  `function onQuery(q) { if (q.sql === "x") null.x } test("x", () => assert(false))`,
		"broken.js":   "function onQuery(q {}",
		"untested.js": "function onQuery(q) {}",
		"x.jsonl":     `{"sql": "x"}` + "\n" + `{"sql": "y"}` + "\n",
		"bad.jsonl":   "{",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		args     string
		code     int
		out, err string // parts of what is written
	}{
		{"test good.js", exitOK, "ok    x (", "asked"},
		{"test good.js --replay x.jsonl", exitOK, `{"sql":"x","hostgroup":20}` + "\n" + `{"sql":"y"}` + "\n", "2 statements, the script failed for 0"},
		{"test --replay x.jsonl good.js", exitOK, `{"sql":"x","hostgroup":20}`, "2 statements"},
		{"test failing.js", exitFailed, "1 tests, 1 failed", ""},
		{"test failing.js --replay x.jsonl", exitFailed, `{"sql":"x"}`, "the script failed for 1"},
		{"test good.js --replay bad.jsonl", exitFailed, "", "bad.jsonl:1: "},
		{"test good.js --replay none.jsonl", exitFailed, "", "no such file"},
		{"test untested.js", exitFailed, "", "untested.js has no tests"},
		{"test broken.js", exitFailed, "", "broken.js:1:"},
		{"test none.js", exitFailed, "", "no such file"},
		{"test", exitConfig, "", "FILE is missing"},
		{"test good.js other.js", exitConfig, "", `unexpected argument "other.js"`},
		{"test good.js --nonsense", exitConfig, "", "nonsense"},
		{"", exitConfig, "", "script test FILE"},
		{"run good.js", exitConfig, "", "script test FILE"},
		{"test -h", exitOK, "usage:", ""},
	} {
		t.Run(test.args, func(t *testing.T) {
			args := []string{"script"}
			for _, a := range strings.Fields(test.args) {
				if a != "other.js" && (strings.HasSuffix(a, ".js") || strings.HasSuffix(a, ".jsonl")) {
					a = filepath.Join(dir, a)
				}
				args = append(args, a)
			}
			var out, errs bytes.Buffer
			if code := run(args, &out, &errs); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			for _, c := range []struct{ got, want string }{{out.String(), test.out}, {errs.String(), test.err}} {
				if !strings.Contains(c.got, c.want) || c.want == "" && c.got != "" && test.code == exitOK {
					t.Errorf("wrote %q, want %q", c.got, c.want)
				}
			}
		})
	}
}
