package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parkway/bench/servers"
)

// The command line client, fed as users feed it.
func TestShell(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	rows := write("rows", "1\tone\n2\t\\N\n3\tthree\n")
	empty := write("empty", "")
	var large strings.Builder
	for i := range 30000 {
		fmt.Fprintf(&large, "%d\t%s\n", i, strings.Repeat("l", 1000))
	}
	big := write("big", large.String())
	script := write("script", "SELECT 'from a file';\nDELIMITER //\nSELECT 1; SELECT 2//\nDELIMITER ;\nSELECT 3;\n")
	var twenty strings.Builder
	for i := range 20 {
		fmt.Fprintf(&twenty, "SELECT %d AS a, REPEAT('%d', %d) AS b;", i, i%10, i*100)
	}
	load := "DROP TABLE IF EXISTS shell_rows; CREATE TABLE shell_rows (n INT, v TEXT); LOAD DATA LOCAL INFILE '%s' INTO TABLE shell_rows;" +
		"SHOW WARNINGS; SELECT COUNT(*), SUM(n), SUM(LENGTH(v)) FROM shell_rows; SELECT 'still here'"
	tests := []struct {
		name  string
		args  []string
		stdin string
	}{
		{"a result", []string{"-t", "-e", "SELECT 1 AS a, NULL AS b, 'text' AS c UNION SELECT 2, 3, ''"}, ""},
		{"types", []string{"-e", "SELECT 1, 'a', 1.5, NOW() > '2000-01-01', NULL, x'00ff'", "--column-type-info"}, ""},
		{"an error", []string{"-e", "SELECT 1; SELEKT 2; SELECT 3"}, ""},
		{"an error, forced on", []string{"--force", "-e", "SELECT 1; SELECT * FROM missing; SELECT 3"}, ""},
		{"load data", []string{"--local-infile=1", "-e", fmt.Sprintf(load, rows)}, ""},
		{"load data, nothing", []string{"--local-infile=1", "-e", fmt.Sprintf(load, empty)}, ""},
		{"load data, 30 MB", []string{"--local-infile=1", "-e", fmt.Sprintf(load, big)}, ""},
		{"load data, no file", []string{"--local-infile=1", "--force", "-e", fmt.Sprintf(load, filepath.Join(dir, "missing"))}, ""},
		{"load data, not allowed", []string{"--local-infile=0", "--force", "-e", fmt.Sprintf(load, rows)}, ""},
		{"a file", nil, `\. ` + script + "\nSELECT 'after it';\n"},
		{"source", nil, "source " + script + "\n"},
		{"20 results in one call", nil, "DELIMITER //\n" + twenty.String() + "//\n"},
		{"an error among results", nil, "DELIMITER //\nSELECT 1; SELECT * FROM missing; SELECT 3//\n"},
		{"a procedure", []string{"-t"}, "DROP PROCEDURE IF EXISTS shell_results;\nDELIMITER //\n" +
			"CREATE PROCEDURE shell_results() BEGIN SELECT 1; SELECT 2, 3; SELECT 'end'; END//\nDELIMITER ;\nCALL shell_results();\nCALL shell_results;\n"},
		{"warnings", []string{"--show-warnings", "-e", "SET sql_mode = ''; SELECT 1/0, CAST('x' AS SIGNED); SHOW WARNINGS; SELECT 1"}, ""},
		{"schemas", nil, "SELECT DATABASE();\nUSE sbtest\nSELECT DATABASE();\nUSE app\nSELECT DATABASE();\nUSE missing\n"},
		{"show", []string{"-t", "-e", "SHOW DATABASES; SHOW TABLES LIKE 'shell%'; SHOW CREATE TABLE shell_rows; SHOW FULL COLUMNS FROM shell_rows;" +
			"SHOW VARIABLES LIKE 'version%'; SHOW CHARACTER SET LIKE 'utf8%'; SHOW ENGINES; SHOW PRIVILEGES; SHOW GRANTS; SHOW PROCEDURE STATUS LIKE 'x'; SHOW ERRORS"}, ""},
		{"vertical", []string{"-E", "-e", "SELECT * FROM information_schema.schemata ORDER BY schema_name"}, ""},
		{"binary mode", []string{"--binary-mode", "--raw"}, "SELECT 'a\x00b', 'c\r\nd', HEX('\x00\x1a');\n"},
		{"xml", []string{"--xml", "-e", "SELECT 1 AS `a b`, NULL"}, ""},
		{"quick", []string{"--quick", "-e", "SELECT * FROM shell_rows ORDER BY n LIMIT 5"}, ""},
		{"a character set", []string{"--default-character-set=latin1", "-e", "SELECT 'ä', HEX('ä'), @@character_set_client"}, ""},
		{"one row too long", []string{"--max-allowed-packet=64M", "-e", "SELECT REPEAT('x', 20000000)"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			same(t, func(t *testing.T, s side, seen *transcript) {
				seen.output("shell", run(t, s.shell(t, append(test.args, "--database=app")...), test.stdin))
			})
		})
	}
}

// Completion makes the client ask for the fields of all tables; it does so at
// a terminal only.
func TestShellCompletion(t *testing.T) {
	for _, s := range sides(t) {
		shell := s.shell(t, "--auto-rehash", "--database=sbtest")
		o := run(t, terminal(shell), "use app\nSELECT CONCAT('after ', 'it');\nexit\n")
		for _, want := range []string{"Database changed", "after it"} {
			if o.code != 0 || !strings.Contains(o.stdout, want) {
				t.Errorf("%s: exit code %d, want %q in\n%s", s.name, o.code, want, o.stdout)
			}
		}
	}
}

// status asks for COM_STATISTICS.
func TestShellStatus(t *testing.T) {
	for _, s := range sides(t) {
		o := run(t, s.shell(t), "\\s\n")
		for _, want := range []string{"Server version:", "Uptime:", "Threads: "} {
			if o.code != 0 || !strings.Contains(o.stdout, want) {
				t.Errorf("%s: exit code %d, want %q in\n%s%s", s.name, o.code, want, o.stdout, o.stderr)
			}
		}
	}
}

// Neither compression nor TLS is offered: who insists reads so, who does not
// gets on without.
func TestShellWithoutCompressionAndTLS(t *testing.T) {
	const compressed = "SHOW SESSION STATUS LIKE 'Compression'"
	tests := []struct {
		name    string
		flavor  servers.Flavor
		args    []string
		refusal string // "": it connects
	}{
		{"compression wished", servers.MariaDB, []string{"--compress"}, ""},
		{"compression wished", servers.MySQL, []string{"--compression-algorithms=zlib,zstd,uncompressed"}, ""},
		{"compression required", servers.MySQL, []string{"--compression-algorithms=zlib"}, "ompression"},
		{"TLS wished", servers.MySQL, []string{"--ssl-mode=PREFERRED"}, ""},
		{"TLS required", servers.MySQL, []string{"--ssl-mode=REQUIRED"}, "SSL connection error: SSL is required but the server doesn't support it"},
		{"TLS required", servers.MariaDB, []string{"--ssl", "--ssl-verify-server-cert"}, "SSL is required, but the server does not support it"},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s %s", test.flavor, test.name), func(t *testing.T) {
			s := sides(t)[1]
			o := run(t, s.program(t, test.flavor, programs[test.flavor].client, append(test.args, "-N", "-e", compressed)...), "")
			if test.refusal == "" {
				if o.code != 0 || strings.Join(strings.Fields(o.stdout), " ") != "Compression OFF" {
					t.Errorf("exit code %d, %q\n%s", o.code, o.stdout, o.stderr)
				}
				return
			}
			if o.code == 0 || !strings.Contains(o.stderr, test.refusal) {
				t.Errorf("exit code %d, want %q\n%s", o.code, test.refusal, o.stderr)
			}
		})
	}
}
