package scripting

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What is no file of a program's is refused at once, by its whole name.
func TestUnreadableFiles(t *testing.T) {
	w := newWorld(t, Options{}, "function onQuery(q) { q.route(20) }")
	dir := filepath.Dir(w.file)
	in := func(name string) string { return filepath.Join(dir, name) }
	if err := os.Mkdir(in("directory.js"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(in("pipe.js"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("circle.js", in("circle.js")); err != nil {
		t.Fatal(err)
	}
	w.write(in("large.js"), strings.Repeat(" ", maxSource+1))
	for name, says := range map[string]string{
		"none.js": "no such file", "directory.js": "not a file", "pipe.js": "not a file", "circle.js": "too many l", "large.js": "more than 1048576 bytes",
	} {
		w.write(w.file, "require('./"+name+"')")
		for _, file := range []string{in(name), w.file} {
			if err := w.engine.Load(file); err == nil || !strings.Contains(err.Error(), in(name)) || !strings.Contains(err.Error(), says) {
				t.Errorf("%s of %s: %v", name, file, err)
			}
		}
	}
	if err := w.engine.Load(filepath.Join(in("none"), "main.js")); err == nil || !strings.Contains(err.Error(), in("none")) {
		t.Errorf("a directory that is not there: %v", err)
	}
	if v := w.ask(newQuery("x")); v.Hostgroup != 20 {
		t.Error("the program before is not in force")
	}
}

// A program whose file is a link is the file that it leads to, and requires what is beside that.
func TestLinkedProgram(t *testing.T) {
	w := newWorld(t, Options{}, "")
	at := t.TempDir()
	w.write(filepath.Join(at, "real.js"), `const n = require("./n.json"); function onQuery(q) { q.route(n) }`)
	w.write(filepath.Join(at, "n.json"), "5")
	if err := os.Remove(w.file); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(at, "real.js"), w.file); err != nil {
		t.Fatal(err)
	}
	if err := w.engine.Follow(w.file); err != nil {
		t.Fatal(err)
	}
	w.log.wait(t, "script loaded")
	if v := w.ask(newQuery("x")); v.Hostgroup != 5 {
		t.Errorf("routed to %d", v.Hostgroup)
	}
	w.write(filepath.Join(at, "n.json"), "6")
	w.log.wait(t, "script loaded")
	if v := w.ask(newQuery("x")); v.Hostgroup != 6 {
		t.Errorf("routed to %d when what it requires has changed", v.Hostgroup)
	}
}

// What would need too much of a stack to be compiled, or takes the bounds away, is refused with its place when it is loaded: the process is not ended.
func TestRefusedPrograms(t *testing.T) {
	w := newWorld(t, Options{}, "function onQuery(q) { q.route(20) }")
	long := func(head, part, tail string) string {
		return "function onQuery(q) {\n" + head + strings.Repeat(part, (maxSource-100)/len(part)) + tail + "\n}"
	}
	for _, c := range []struct{ name, source, says string }{
		{"sum", long("let a = 1; ", "a+", "a"), "main.js:2:12: more than 10000 "},
		{"not", long("return ", "!", "q"), "more than 10000 "},
		{"optional members", long("return q", "?.a", ""), "more than 10000 "},
		{"calls", long("q", "()", ""), "more than 10000 "},
		{"conditions", long("return ", "q?q:", "q"), "more than 10000 "},
		{"branches", long("", "if(q);else ", ";"), "more than 10000 "},
		{"with", "function onQuery(q) {\n  with ({\"bounded text\": x => x}) { q.route(5) }\n}", "main.js:2:3: there is no with statement"},
	} {
		w.write(w.file, c.source)
		if err := w.engine.Load(w.file); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if v := w.ask(newQuery("x")); v.Hostgroup != 20 {
		t.Error("the program before is not in force")
	}
	w.write(w.file, "function onQuery(q) { let a = 1; q.route("+strings.Repeat("a+", 4000)+"a) }")
	if err := w.engine.Load(w.file); err != nil {
		t.Errorf("a long sum: %v", err)
	}
}

// A program in which the parser would go to and fro for minutes is refused before that; a long one without semicolons is none.
func TestPendingArrows(t *testing.T) {
	label := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "l%d:\n", i)
		}
		return b.String()
	}
	for _, test := range []struct {
		name, source string
		line         int // where it is refused; 0: not at all
	}{
		{"arrows", "\nf=" + strings.Repeat("a=>", maxSource/4) + "1", 2},
		{"arrows in lines", strings.Repeat("(a) =>\n", maxSource/8) + "1", maxArrows + 1},
		{"arrows in brackets", strings.Repeat(strings.Repeat("a=>", 300)+"(", 100) + "1" + strings.Repeat(")", 100), 1},
		{"arrows and comments", strings.Repeat("a=>/*,*/", maxArrows+1) + "1", 1},
		{"labels", label(maxSource / 10), maxPending + 1},
		{"lines", strings.Repeat("f = a => b => a + b\n", maxArrows/2), 0},
		{"arguments", "f(" + strings.Repeat("a => 1,", maxArrows) + "1)", 0},
		{"properties", "f = {" + strings.Repeat("a: {b: c => d},", maxArrows) + "}", 0},
		{"branches", "switch (f) {" + strings.Repeat("case 1:\n f = 1\n", 2*maxPending) + "}", 0},
	} {
		line, what := tooDeep(test.source)
		if line != test.line || line != 0 && !strings.Contains(what, "more than ") {
			t.Errorf("%s: line %d, %q", test.name, line, what)
		}
	}
	w := newWorld(t, Options{}, "function onQuery(q) { q.route(20) }")
	w.write(w.file, "f="+strings.Repeat("a=>", maxSource/4)+"1")
	if err := w.engine.Load(w.file); err == nil || !strings.HasPrefix(err.Error(), "main.js:1:1: more than 20000 arrow functions") {
		t.Error(err)
	}
}
