package scripting

import (
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
