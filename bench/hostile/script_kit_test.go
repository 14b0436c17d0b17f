package hostile

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/protocol/mysqltest"
)

// long makes the tests of scripts as large as their claims, for a machine that does nothing else: then they hold the figures to those, too.
var long = flag.Bool("long", false, "scripts: more clients, more calls, strict limits")

// sized is n under -long, else fewer.
func sized(fewer, n int) int {
	if *long {
		return n
	}
	return fewer
}

// scripted is a proxy in front of the sound server with a script.
type scripted struct {
	*proxy.Proxy
	file string
}

// withScript starts one. settings are lines of [scripting].
func withScript(t testing.TB, text, settings string, change func(*proxy.Config)) *scripted {
	t.Helper()
	s := &scripted{file: filepath.Join(t.TempDir(), "script.js")}
	s.write(t, text)
	cfg := behindSound(t)
	cfg.Variables["multiplexing"] = true
	cfg.Extra = fmt.Sprintf("\n[scripting]\nfile = %q\non_error = \"reject\"\n%s", s.file, settings)
	if change != nil {
		change(&cfg)
	}
	s.Proxy = parkway.StartT(t, proxy.Options{Config: cfg})
	return s
}

// write puts another text in the script's place.
func (s *scripted) write(t testing.TB, text string) {
	t.Helper()
	next := s.file + ".next"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, s.file); err != nil {
		t.Fatal(err)
	}
}

// loaded is how many versions of the script were put in force until now.
func (s *scripted) loaded() int { return strings.Count(s.Log(), "script loaded") }

// reload puts another text in force.
func (s *scripted) reload(t testing.TB, text string) {
	t.Helper()
	n := s.loaded()
	s.write(t, text)
	await(t, "the script is loaded again", func() bool { return s.loaded() > n })
}

// calls is how many calls of onQuery ended so.
func (s *scripted) calls(t testing.TB, result string) int {
	t.Helper()
	metrics, err := s.Metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return int(metrics[fmt.Sprintf(`parkway_script_calls_total{hook="onQuery",result=%q}`, result)])
}

// clients logs so many in, who wait for an answer for as long.
func (s *scripted) clients(t testing.TB, n int, timeout time.Duration) []*mysqltest.Client {
	t.Helper()
	all, errs := make([]*mysqltest.Client, n), make([]error, n)
	gang(20, n, func(i int) {
		cfg := as("app", s.Proxy)
		cfg.Timeout = timeout
		all[i], errs[i] = mysqltest.Connect(cfg)
	})
	for i, err := range errs {
		if err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
		t.Cleanup(all[i].Close)
	}
	return all
}
