package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/bench/servers"
	"parkway/bench/torture/grammar"
	"parkway/bench/torture/play"
	"parkway/bench/torture/script"
)

// tortureTime is how long TestTorture begins new scripts. `make torture` goes on
// for longer.
const tortureTime = 10 * time.Second

var binary = proxy.NewBinary(proxy.AsThis())

func TestMain(m *testing.M) {
	code := m.Run()
	if err := binary.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// startT starts a harness without a subject, whose servers get these arguments too.
func startT(t *testing.T, args ...string) *harness {
	t.Helper()
	f, err := servers.ParseFlavor(os.Getenv("PARKWAY_FLAVOR"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := start(t.Context(), f, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.stop(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// scripts are the options of scripts in tests.
func scripts(h *harness) grammar.Options {
	return grammar.Options{Flavor: h.backend.Flavor, Clients: defaultClients, Steps: defaultSteps, Backends: defaultBackends, Relogin: true}
}

// No client can tell the proxy from the server.
func TestTorture(t *testing.T) {
	h := startT(t)
	h.subject = newParkway(binary, h.backend, "")
	opts := options{
		grammar: scripts(h), seed: 1, time: tortureTime, shrink: defaultShrink, attempts: defaultAttempts,
	}
	var out bytes.Buffer
	found, err := hunt(t.Context(), h, opts, &out)
	t.Log(out.String())
	if found || err != nil {
		t.Errorf("found: %t, error: %v", found, err)
	}
}

// The relay of these tests differs from a direct connection only where it is
// told to.
func TestMultiplexerThatSharesNothing(t *testing.T) {
	h := startT(t)
	h.subject = &multiplexer{t: t, cluster: h.backend}
	o := scripts(h)
	o.Clients, o.Without = 8, []string{"change-user"}
	for seed := range uint64(4) {
		s := grammar.Generate(seed, o)
		differences, err := h.round(t.Context(), s, true)
		if err != nil {
			t.Fatal(err)
		}
		if len(differences) > 0 {
			var out bytes.Buffer
			show(&out, s, differences)
			t.Errorf("seed %d:\n%s", seed, out.String())
		}
	}
}

// plants are mistakes of a multiplexer, each seen by statements of the kinds
// given alone.
var plants = []struct {
	name        string
	kinds       string
	cutsTransac bool
	keepsSchema bool
	only        string // flavor
	waits       bool   // for locks, so that its script takes long to shrink
}{
	{name: "system variables", kinds: "variable"},
	{name: "user variables", kinds: "user-variable"},
	{name: "character sets", kinds: "names"},
	{name: "isolation level", kinds: "isolation"},
	{name: "settings of the next transaction", kinds: "next-only"},
	{name: "autocommit", kinds: "autocommit"},
	{name: "session trackers", kinds: "tracker"},
	{name: "role", kinds: "role"},
	{name: "schema", kinds: "schema", keepsSchema: true},
	{name: "transactions", kinds: "transaction", cutsTransac: true, waits: true},
	{name: "XA transactions", kinds: "xa", cutsTransac: true, waits: true},
	{name: "temporary tables", kinds: "temporary"},
	{name: "table locks", kinds: "lock-tables", waits: true},
	{name: "named locks", kinds: "named-lock"},
	{name: "handlers", kinds: "handler"},
	{name: "prepared statements", kinds: "prepared"},
	{name: "prepared statements in text", kinds: "text-prepared"},
	{name: "LAST_INSERT_ID", kinds: "last-insert-id"},
	{name: "ROW_COUNT", kinds: "row-count"},
	{name: "FOUND_ROWS", kinds: "found-rows"},
	{name: "warnings", kinds: "warnings"},
	{name: "changes by routines", kinds: "routine"},
	{name: "LASTVAL", kinds: "sequence", only: "mariadb"},
	{name: "options of the connection", kinds: "option"},
	{name: "everything", kinds: "", waits: true},
}

// A multiplexer that forgets a kind of state is caught by one of the first scripts. The
// scripts that show it get small.
func TestPlantedMistakes(t *testing.T) {
	const seeds, smallEnough = 5, 10
	// It runs one command at a time, one that waits for a lock too.
	h := startT(t, "--lock-wait-timeout=1", "--innodb-lock-wait-timeout=1")
	for _, p := range plants {
		if p.only != "" && p.only != h.backend.Flavor.String() {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			m := &multiplexer{t: t, cluster: h.backend, shares: true, cutsTransac: p.cutsTransac, keepsSchema: p.keepsSchema}
			h.subject, h.addr = m, ""
			defer m.close()
			o := scripts(h)
			o.Clients, o.Steps, o.Backends, o.Only, o.Without = 8, 16, 2, list(p.kinds), []string{"change-user"}
			begun := time.Now()
			for seed := uint64(1); ; seed++ {
				if seed > seeds {
					t.Fatalf("not caught by %d scripts", seeds)
				}
				s := grammar.Generate(seed, o)
				differences, err := h.round(t.Context(), s, true)
				if err != nil {
					t.Fatal(err)
				}
				if len(differences) == 0 {
					continue
				}
				t.Logf("caught after %v, seed %d:\n%s", time.Since(begun).Round(time.Millisecond), seed, differences[0])
				if p.waits {
					return
				}
				small, err := h.shrink(t.Context(), s, differences, options{shrink: defaultShrink, attempts: 1})
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("shrunk after %v:\n%s", time.Since(begun).Round(time.Millisecond), small)
				if len(small.Entries) > smallEnough || len(small.Clients) > 3 {
					t.Errorf("%d steps of %d clients are too many", len(small.Entries), len(small.Clients))
				}
				return
			}
		})
	}
}

// What is printed can be played again.
func TestReplay(t *testing.T) {
	h := startT(t)
	h.subject = &multiplexer{t: t, cluster: h.backend, shares: true}
	s := &script.Script{
		Flavor: h.backend.Flavor.String(), Backends: 1, Order: script.Strict,
		Clients: []script.Client{
			{ID: 1, Charset: 45, Schema: grammar.Schema(1), Leave: script.Quit},
			{ID: 2, Charset: 45, Schema: grammar.Schema(2), Leave: script.Quit},
		},
		Entries: []script.Entry{
			{Client: 1, Step: script.Step{Verb: script.Query, Text: "SET @a = 1"}},
			{Client: 2, Step: script.Step{Verb: script.Query, Text: "SELECT @a"}},
		},
	}
	file := t.TempDir() + "/script"
	if err := os.WriteFile(file, []byte(s.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	found, err := replay(t.Context(), h, options{replay: file, attempts: 1}, &out)
	if !found || err != nil || !strings.Contains(out.String(), "client 2, entry 1: query \"SELECT @a\"") {
		t.Errorf("%t, %v:\n%s", found, err, out.String())
	}
	h.subject.close()
	h.subject, h.addr = &multiplexer{t: t, cluster: h.backend}, ""
	out.Reset()
	if found, err := replay(t.Context(), h, options{replay: file, attempts: 2}, &out); found || err != nil {
		t.Errorf("%t, %v:\n%s", found, err, out.String())
	}
	if _, err := replay(t.Context(), h, options{replay: file + "x"}, &out); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v for a file that does not exist", err)
	}
}

// A server that answers too late, or not at all, is no measure.
func TestUnanswered(t *testing.T) {
	s := &script.Script{Clients: []script.Client{{ID: 1}}, Entries: []script.Entry{{Client: 1}}}
	for _, test := range []struct {
		answer play.Answer
		fails  bool
	}{
		{play.Answer{"ok"}, false},
		{play.Answer{"row", "error: no answer"}, true},
		{play.Answer{"error: the connection has ended"}, true},
		{nil, false},
	} {
		if err := play.Unanswered(s, &play.Transcript{Steps: []play.Answer{test.answer}}); (err != nil) != test.fails {
			t.Errorf("%q: %v", test.answer, err)
		}
	}
}
