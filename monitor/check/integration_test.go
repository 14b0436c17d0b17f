//go:build integration

package check

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"

	"parkway/bench/servers"
)

// PARKWAY_FLAVOR says whose servers: mariadb, which is the default, or mysql. -record writes what they say to testdata.

var (
	record = flag.Bool("record", false, "write testdata anew")
	flavor servers.Flavor
	shared *servers.Shared
)

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if flavor, err = servers.ParseFlavor(os.Getenv("PARKWAY_FLAVOR")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	shared = servers.NewShared(servers.Options{Flavor: flavor, Replicas: 1})
	code := m.Run()
	shared.Stop()
	os.Exit(code)
}

// words are the statements that make the situations.
var words = map[servers.Flavor]map[string]string{
	servers.MariaDB: {
		"stop applier": "STOP SLAVE SQL_THREAD", "start": "START SLAVE", "stop receiver": "STOP SLAVE IO_THREAD",
		"second": "CHANGE MASTER 'second' TO MASTER_HOST='127.0.0.1', MASTER_PORT=1", "forget": "RESET SLAVE 'second' ALL",
	},
	servers.MySQL: {
		"stop applier": "STOP REPLICA SQL_THREAD", "start": "START REPLICA", "stop receiver": "STOP REPLICA IO_THREAD",
		"second": "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=1 FOR CHANNEL 'second'",
		"forget": "RESET REPLICA ALL FOR CHANNEL 'second'",
	},
}

// at is a target of a server.
func at(t *testing.T, s *servers.Server) *Target {
	g := NewTarget("db", func() (string, string, bool) { return "tcp", fmt.Sprintf("%s:%d", s.Host, s.Port), true })
	t.Cleanup(g.Close)
	return g
}

// ask puts every question to a server.
func ask(t *testing.T, situation string, s *servers.Server, a Account) (answers []answer) {
	t.Helper()
	g := at(t, s)
	if r := g.Check(Ping, a, patience); r.Err != nil {
		t.Fatal(r.Err)
	}
	c := g.take(a)
	defer c.close()
	for _, q := range slices.Concat(statusStatements[:], []string{bothSwitches, oneSwitch}) {
		table, err := c.query(q)
		said := answer{Situation: situation, Statement: q, Table: table}
		if err != nil && !errors.As(err, &said.Error) {
			t.Fatal(err)
		}
		answers = append(answers, said)
	}
	return answers
}

// What the package reads from the answers of real servers, in each situation, and that the checks themselves say the same.
func TestRealAnswers(t *testing.T) {
	c := shared.T(t)
	primary, replica, say := c.Servers[0], c.Servers[1], words[flavor]
	exec := func(text string) {
		t.Helper()
		if _, err := replica.DB().ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	await := func() {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if err := replica.AwaitReplication(ctx); err != nil {
			t.Fatal(err)
		}
	}
	mon := Account{User: "mon", Password: "mon"}
	answers := slices.Concat(ask(t, "primary", primary, mon), ask(t, "replica", replica, mon),
		ask(t, "no privilege", replica, Account{User: "app", Password: "app"}))
	lag := func(want Lag) {
		t.Helper()
		r := at(t, replica).Check(ReplicationLag, mon, patience)
		r.Lag.Why = ""
		if r.Err != nil || r.Lag != want {
			t.Errorf("%+v, %v; want %+v", r.Lag, r.Err, want)
		}
	}
	lag(Lag{Replica: true})
	exec(say["stop applier"])
	answers = append(answers, ask(t, "applier stopped", replica, mon)...)
	lag(Lag{Replica: true, Unknown: true})
	exec(say["start"])
	await()
	exec(say["stop receiver"])
	answers = append(answers, ask(t, "receiver stopped", replica, mon)...)
	exec(say["start"])
	await()
	exec(say["second"])
	answers = append(answers, ask(t, "second channel", replica, mon)...)
	lag(Lag{Replica: true, Unknown: true})
	exec(say["forget"])
	lag(Lag{Replica: true})
	verify(t, answers)
	switches := at(t, replica).Check(ReadOnly, mon, patience)
	if want := (Switches{ReadOnly: true, Super: flavor == servers.MySQL, HasSuper: flavor == servers.MySQL}); switches.Err != nil || switches.Switch != want {
		t.Errorf("%+v, %v; want %+v", switches.Switch, switches.Err, want)
	}
	if *record {
		write(t, answers)
	}
}

func write(t *testing.T, answers []answer) {
	t.Helper()
	text := []byte("[\n")
	for i, a := range answers {
		line, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			text = append(text, ",\n"...)
		}
		text = append(text, line...)
	}
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("testdata/"+flavor.String()+".json", append(text, "\n]\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
}
