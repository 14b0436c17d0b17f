package e2e

import (
	"fmt"
	"slices"
	"testing"

	"parkway/bench/servers"
)

// fillTables makes tables of many kinds in a schema of its own, as root.
func fillTables(t *testing.T, schema string) {
	t.Helper()
	db := shared(t).cluster.Servers[0].DB()
	for _, sql := range []string{
		"DROP DATABASE IF EXISTS %[1]s",
		"CREATE DATABASE %[1]s; GRANT ALL ON %[1]s.* TO app@'%%'",
		"CREATE TABLE %[1]s.parents (id INT PRIMARY KEY, name VARCHAR(100), data LONGBLOB, d DECIMAL(10,3), ts DATETIME(6))",
		"CREATE TABLE %[1]s.children (id INT AUTO_INCREMENT PRIMARY KEY, parent INT, j JSON, FOREIGN KEY (parent) REFERENCES parents(id))",
		"CREATE TABLE %[1]s.`odd name` (`a b` BIT(3), e ENUM('x','y') DEFAULT 'y') ENGINE=MyISAM",
		"INSERT INTO %[1]s.parents SELECT a.n * 10 + b.n, CONCAT('näme ', b.n), UNHEX(REPEAT('00FF27', b.n * 10000)), b.n / 3, NULL FROM " +
			"(SELECT 0 AS n UNION SELECT 1) a, (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5) b",
		"INSERT INTO %[1]s.children (parent, j) SELECT id, '{\"a\": [1, null]}' FROM %[1]s.parents",
		"INSERT INTO %[1]s.`odd name` VALUES (5, 'x'), (NULL, NULL)",
		"CREATE VIEW %[1]s.seen AS SELECT id, name FROM %[1]s.parents",
		"CREATE PROCEDURE %[1]s.nothing() BEGIN SELECT 1; END",
		"USE %[1]s; CREATE TRIGGER filled BEFORE INSERT ON parents FOR EACH ROW SET NEW.ts = NOW(6)",
	} {
		if _, err := db.ExecContext(t.Context(), fmt.Sprintf(sql, schema)); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// A dump taken through the proxy is the dump taken directly, and loads through
// the proxy.
func TestDump(t *testing.T) {
	fillTables(t, "dumped")
	f := currentFlavor(t)
	root := login{user: "root"}
	tests := []struct {
		name string
		args []string
	}{
		{"a schema", []string{"dumped"}},
		{"in a transaction", []string{"--single-transaction", "--routines", "--hex-blob", "dumped"}},
		{"row by row", []string{"--skip-extended-insert", "--complete-insert", "--databases", "dumped"}},
		{"as XML", []string{"--xml", "dumped", "children"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			same(t, func(t *testing.T, s side, seen *transcript) {
				args := slices.Concat([]string{"--skip-comments"}, test.args)
				o := run(t, s.programAs(t, root, f, programs[f].dump, args...), "")
				if o.code != 0 || len(o.stdout) < 500 {
					t.Errorf("%s: exit code %d, %d bytes\n%s", s.name, o.code, len(o.stdout), o.stderr)
				}
				seen.output("dump", o)
			})
		})
	}
}

func TestDumpLoads(t *testing.T) {
	fillTables(t, "dumped")
	if err := shared(t).cluster.Exec(0, "DROP DATABASE IF EXISTS loaded; CREATE DATABASE loaded"); err != nil {
		t.Fatal(err)
	}
	f := currentFlavor(t)
	root := login{user: "root"}
	proxied := sides(t)[1]
	args := []string{"--skip-comments", "--routines", "--default-character-set=utf8mb4"}
	if f == servers.MySQL {
		args = append(args, "--set-gtid-purged=OFF")
	}
	dump := func(schema string) output {
		return run(t, proxied.programAs(t, root, f, programs[f].dump, append(slices.Clone(args), schema)...), "")
	}
	want := dump("dumped")
	load := proxied.programAs(t, root, f, programs[f].client, "--default-character-set=utf8mb4", "--binary-mode", "loaded")
	if o := run(t, load, want.stdout); o.code != 0 {
		t.Fatalf("exit code %d\n%s", o.code, o.stderr)
	}
	if got := dump("loaded"); got.code != 0 || got.stdout != want.stdout {
		t.Errorf("exit code %d, and the dump of what was loaded has %d bytes, not the same as the %d bytes of the first",
			got.code, len(got.stdout), len(want.stdout))
	}
}
