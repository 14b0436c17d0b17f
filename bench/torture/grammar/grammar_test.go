package grammar

import (
	"slices"
	"strings"
	"testing"

	"parkway/bench/servers"
	"parkway/bench/torture/script"
)

func options(f servers.Flavor) Options {
	return Options{Flavor: f, Clients: 16, Steps: 50, Backends: 4}
}

var flavors = []servers.Flavor{servers.MariaDB, servers.MySQL}

func TestSameSeedSameScript(t *testing.T) {
	for _, f := range flavors {
		for seed := range uint64(20) {
			a, b := Generate(seed, options(f)), Generate(seed, options(f))
			if a.String() != b.String() {
				t.Errorf("%v, seed %d: two scripts", f, seed)
			}
			if a.String() == Generate(seed+1, options(f)).String() {
				t.Errorf("%v: seeds %d and %d give the same script", f, seed, seed+1)
			}
		}
	}
}

// A client's statements do not depend on how many others there are, so that a
// seed means the same in a smaller run.
func TestClientsAreIndependent(t *testing.T) {
	few, many := options(servers.MariaDB), options(servers.MariaDB)
	few.Clients = 2
	a, b := Generate(5, few).Of(1), Generate(5, many).Of(1)
	if !slices.EqualFunc(a, b, func(x, y script.Step) bool { return x.String() == y.String() }) {
		t.Error("client 1 does different things")
	}
}

func TestScriptsCanBeReadBack(t *testing.T) {
	for _, f := range flavors {
		for seed := range uint64(50) {
			text := Generate(seed, options(f)).String()
			read, err := script.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if read.String() != text {
				t.Errorf("%v, seed %d: another script was read back", f, seed)
			}
		}
	}
}

func TestEveryKindIsGenerated(t *testing.T) {
	for _, f := range flavors {
		for _, k := range kinds() {
			o := options(f)
			o.Only = []string{k.name}
			s := Generate(1, o)
			if wrong := k.only != "" && k.only != f.String(); (len(s.Entries) == 0) != wrong {
				t.Errorf("%v: %d entries of kind %s", f, len(s.Entries), k.name)
			}
		}
	}
}

// What the harness promises to try is in its scripts, for each flavor.
func TestCoverage(t *testing.T) {
	wanted := []string{
		"SET NAMES", "SET CHARACTER SET", "SET SESSION TRANSACTION ISOLATION", "SET TRANSACTION ISOLATION", "SET TRANSACTION READ ONLY",
		"autocommit = 0", "SET @u0 = ", ":= ", " INTO @u", "CONCAT(IFNULL(@u", "sql_mode", "time_zone", "USE torture_", "BEGIN", "START TRANSACTION READ ONLY",
		"WITH CONSISTENT SNAPSHOT", "COMMIT", "ROLLBACK", "SAVEPOINT", "ROLLBACK TO", "RELEASE SAVEPOINT", "INSERT INTO t", "UPDATE t", "DELETE FROM t",
		"REPLACE INTO", "CREATE TEMPORARY TABLE", "DROP TEMPORARY TABLE", "LOCK TABLES t", "UNLOCK TABLES", "GET_LOCK(", "RELEASE_LOCK(",
		"RELEASE_ALL_LOCKS()", "PREPARE st", "EXECUTE st", "DEALLOCATE PREPARE", "LAST_INSERT_ID()", "LAST_INSERT_ID(1", "SQL_CALC_FOUND_ROWS",
		"FOUND_ROWS()", "ROW_COUNT()", "SHOW WARNINGS", "SHOW ERRORS", "SELECT @@", "SELECT @@session.", "; ", "SELEKT", "HANDLER t OPEN", "XA START",
		"CALL ", "SELECT remember(", "SET ROLE", "session_track", "CREATE TABLE c", "SIGNAL", "insert_id",
	}
	for _, f := range flavors {
		texts := map[script.Verb]*strings.Builder{}
		leaves := map[script.Leave]bool{}
		for seed := range uint64(60) {
			s := Generate(seed, options(f))
			for _, e := range s.Entries {
				if texts[e.Verb] == nil {
					texts[e.Verb] = new(strings.Builder)
				}
				texts[e.Verb].WriteString(e.String() + "\n")
			}
			for _, c := range s.Clients {
				leaves[c.Leave] = true
			}
		}
		for _, v := range []script.Verb{
			script.Query, script.Prepare, script.Execute, script.Fetch, script.LongData, script.ResetStatement, script.CloseStatement,
			script.InitDB, script.ChangeUser, script.ResetSession, script.SetOption, script.Ping,
		} {
			if texts[v] == nil {
				t.Errorf("%v: no %s", f, v)
			}
		}
		for _, text := range wanted {
			if !strings.Contains(texts[script.Query].String(), text) {
				t.Errorf("%v: no statement with %q", f, text)
			}
		}
		if len(leaves) != 3 {
			t.Errorf("%v: clients leave only so: %v", f, leaves)
		}
	}
}

// Several statements are open at once, and executed more than once.
func TestPreparedStatementsOverlap(t *testing.T) {
	o := options(servers.MariaDB)
	o.Only = []string{"prepared"}
	most, again := 0, false
	for _, c := range Generate(1, o).Clients {
		open := map[int]int{}
		for _, step := range Generate(1, o).Of(c.ID) {
			switch step.Verb {
			case script.Prepare:
				open[step.Slot] = 0
			case script.CloseStatement:
				delete(open, step.Slot)
			case script.Execute:
				open[step.Slot]++
				again = again || open[step.Slot] > 1
			}
			most = max(most, len(open))
		}
	}
	if most < slots || !again {
		t.Errorf("at most %d statements open, executed again: %t", most, again)
	}
}

func TestOptionsCheck(t *testing.T) {
	for _, test := range []struct {
		change func(*Options)
		ok     bool
	}{
		{func(*Options) {}, true},
		{func(o *Options) { o.Only = []string{"variable", "xa"} }, true},
		{func(o *Options) { o.Only = []string{"no such kind"} }, false},
		{func(o *Options) { o.Without = []string{""} }, false},
		{func(o *Options) { o.Clients = 0 }, false},
		{func(o *Options) { o.Clients = MaxClients + 1 }, false},
		{func(o *Options) { o.Steps = 0 }, false},
		{func(o *Options) { o.Backends = 0 }, false},
	} {
		o := options(servers.MariaDB)
		test.change(&o)
		if err := o.Check(); (err == nil) != test.ok {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
