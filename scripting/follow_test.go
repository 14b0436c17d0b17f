package scripting

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parkway/scripting/hook"
)

// A broken program is refused, and the error says where it is broken.
func TestBrokenPrograms(t *testing.T) {
	w := newWorld(t, Options{}, "function onQuery(q) { q.route(20) }")
	beside := filepath.Join(filepath.Dir(w.file), "beside.js")
	for _, test := range []struct{ main, beside, says string }{
		{"function onQuery(q) {\n  q.route(20\n}", "", "main.js:3:1: Unexpected token }"},
		{"let a = 1\n  let a = 2", "", "main.js:2:7: Identifier 'a' has already been declared"},
		{"\n  foo.bar()", "", "main.js:2:3: ReferenceError: foo is not defined"},
		{"onQuery = 5", "", "main.js: onQuery is not a function"},
		{"function onquery(q) {}", "", "main.js: onquery is never called: did you mean onQuery?"},
		{"throw new Error('x'.repeat(3))", "", "main.js:1:7: Error: xxx"},
		{"while (true) {}", "", "main.js:1:"},
		{"require('./beside.js')", "let b = 1\n\n  let b = 2", "beside.js:3:7: Identifier 'b'"},
		{"require('./beside')", "\n null.x", "beside.js:2:"},
		{"require('./nothing.js')", "", "no such file"},
		{"require('../main.js')", "", "path escapes"},
		{"require('/etc/passwd')", "", "only files beside the script"},
		{strings.Repeat("(", 2000), "", "brackets within one another"},
		{"/*" + strings.Repeat("x", maxSource) + "*/", "", "more than 1048576"},
		{"require('./beside.js')", "exports.n = 1\n  null.x = 2", "beside.js:2:"},
		{"\n require('./nothing.js')", "", "main.js:2:9: Error: require("},
		{"require('./table.json')", "{\"a\": [1,\n  2,]}", "table.json:2:5: not JSON: invalid character ']'"},
		{"require('./table.json')", "\ufeff[1] + f()", "table.json:1:5: not JSON: invalid character '+'"},
		{"require('./table.json')", "[1", "table.json:1:2: not JSON: unexpected end"},
		{"require('./beside.js').f()", "exports.f = () => { null.x }", "beside.js:1:26:"},
	} {
		w.write(w.file, test.main)
		w.write(beside, test.beside)
		w.write(filepath.Join(filepath.Dir(w.file), "table.json"), test.beside)
		err := w.engine.Load(w.file)
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%.40q: %v, want %q", test.main, err, test.says)
		}
		var e *Error
		if strings.Contains(test.says, ".js:") && (!errors.As(err, &e) || e.File == "") {
			t.Errorf("%.40q: %T", test.main, err)
		}
		if v := w.ask(newQuery("x")); v.Hostgroup != 20 {
			t.Fatalf("%.40q: the program before is not in force", test.main)
		}
	}
}

func TestRequire(t *testing.T) {
	w := newWorld(t, Options{}, "")
	dir := filepath.Dir(w.file)
	if err := os.Mkdir(filepath.Join(dir, "lib"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.write(filepath.Join(dir, "lib", "a.js"), `const b = require("./b"); exports.name = () => b.name + require("../table.json").x; exports.again = require("./b") === b`)
	w.write(filepath.Join(dir, "lib", "b.js"), `const a = require("./a.js"); module.exports = {name: "b" + typeof a}`)
	w.write(filepath.Join(dir, "table.json"), `{"x": [1, 2]}`)
	w.write(w.file, `const a = require("./lib/a.js"); require("./table.json"); function onQuery(q) { q.tag(a.name() + a.again) }`)
	if err := w.engine.Load(w.file); err != nil {
		t.Fatal(err)
	}
	if v := w.ask(newQuery("x")); len(v.Tags) != 1 || v.Tags[0] != "bobject1,2true" {
		t.Errorf("%q; %s", v.Tags, w.said())
	}
	if files := w.engine.Files(); len(files) != 4 {
		t.Errorf("%q", files)
	}
}

// A program that is followed is loaded again when one of its files changes; a broken one changes nothing.
func TestFollow(t *testing.T) {
	w := newWorld(t, Options{}, "")
	beside := filepath.Join(filepath.Dir(w.file), "beside.js")
	w.write(beside, "module.exports = 1")
	w.write(w.file, `const n = require("./beside.js"); function onQuery(q) { q.route(n) }`)
	if err := w.engine.Follow(w.file); err != nil {
		t.Fatal(err)
	}
	routed := func(to int) {
		t.Helper()
		w.log.wait(t, "script loaded")
		if v := w.ask(newQuery("x")); v.Hostgroup != to {
			t.Errorf("routed to %d, want %d", v.Hostgroup, to)
		}
	}
	routed(1)
	w.write(beside, "module.exports = 2")
	routed(2)
	w.write(w.file, "function onQuery(q) {\n q.route(3")
	if line := w.log.wait(t, "refused"); !strings.Contains(line, "main.js:2:") {
		t.Errorf("the log says %s", line)
	}
	// What a refused program requires may be what repairs it, also in a directory that is made for it.
	w.write(w.file, `const n = require("./lib/n.js"); function onQuery(q) { q.route(n) }`)
	w.log.wait(t, "no such file")
	lib := filepath.Join(filepath.Dir(w.file), "lib")
	if err := os.Mkdir(lib, 0o700); err != nil {
		t.Fatal(err)
	}
	w.log.wait(t, "no such file")
	w.write(filepath.Join(lib, "n.js"), "module.exports = (")
	w.log.wait(t, "lib/n.js:1:")
	w.write(filepath.Join(lib, "n.js"), "module.exports = 3")
	routed(3)
	// Another that is refused changes nothing of what is followed.
	broken := filepath.Join(filepath.Dir(w.file), "broken.js")
	w.write(broken, "(")
	if err := w.engine.Follow(broken); err == nil {
		t.Error("a broken program is in force")
	}
	w.write(filepath.Join(lib, "n.js"), "module.exports = 5")
	routed(5)
	// Another file takes the place, as editors do it.
	w.write(w.file+".new", "function onQuery(q) { q.route(4) }")
	if err := os.Rename(w.file+".new", w.file); err != nil {
		t.Fatal(err)
	}
	routed(4)
	if err := w.engine.Follow(""); err != nil {
		t.Fatal(err)
	}
	if w.loop.Defines(hook.OnQuery) {
		t.Error("the program is in force")
	}
}

// Calls that are under way when the program changes end with the old one, and no call is without one.
func TestReloadUnderLoad(t *testing.T) {
	w := newWorld(t, Options{Reject: true}, `async function onQuery(q) { await sleep(5); q.tag("old") }`)
	var s session
	if _, pending := w.loop.Query(newQuery("x"), &s); pending == nil {
		t.Fatal("answered at once")
	}
	done := make(chan error)
	go func() {
		for i := range 100 {
			source := `function onQuery(q) { q.tag("new") }`
			if i%2 == 0 {
				source = `async function onQuery(q) { await sleep(0); q.tag("new") }`
			}
			if err := os.WriteFile(w.file, []byte(source), 0o600); err != nil {
				done <- err
				return
			}
			if err := w.engine.Load(w.file); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	calls := 0
	for running := true; running; calls++ {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			running = false
		default:
		}
		if v := w.ask(newQuery("x")); len(v.Tags) != 1 || calls > 100 && v.Tags[0] != "new" {
			t.Fatalf("call %d: %+v; %s", calls, v.Reject, w.said())
		}
	}
	if s.answers != 1 || s.verdict.Tags[0] != "old" {
		t.Errorf("the call that was under way: %+v", s.verdict)
	}
	if w.calls(hook.OnQuery, failed)+w.calls(hook.OnQuery, timedOut) > 0 {
		t.Errorf("calls failed; %s", w.said())
	}
}

// Machines that are out of use are not watched any more, and no goroutine stays.
func TestNothingIsLeft(t *testing.T) {
	w := newWorld(t, Options{}, "async function onQuery(q) {} timer.every(10, () => 0)")
	for range 5 {
		w.ask(newQuery("x"))
		if err := w.engine.Load(w.file); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.engine.Load(""); err != nil {
		t.Fatal(err)
	}
	w.loop.now()
	deadline := time.Now().Add(patient)
	for {
		w.engine.dog.mu.Lock()
		n := 0
		for _, p := range w.engine.dog.posts {
			if !p.gone.Load() {
				n++
			}
		}
		w.engine.dog.mu.Unlock()
		if n <= 1 { // the machine that was made for the loop ahead, and is not asked for
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d machines are watched", n)
		}
		time.Sleep(time.Millisecond)
	}
}

// A change is seen also while the program is being loaded again for another reason, and what was written last is in force at the end.
func TestFollowWhileLoading(t *testing.T) {
	w := newWorld(t, Options{}, "")
	if err := w.engine.Follow(w.file); err != nil {
		t.Fatal(err)
	}
	for n := range 30 {
		followed := make(chan error, 1)
		go func() { followed <- w.engine.Follow(w.file) }()
		w.write(w.file, fmt.Sprintf("function onQuery(q) { q.route(%d) }", n))
		for deadline := time.Now().Add(patient); w.ask(newQuery("SELECT 1")).Hostgroup != n; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("version %d is not in force", n)
			}
		}
		if err := <-followed; err != nil { // it has met an empty file: that is a program
			t.Error(err)
		}
	}
}
