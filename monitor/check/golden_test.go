package check

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// answer is what a real server said to one question, in one of situations. testdata has those of MariaDB 10.11 and MySQL 9, as
// TestReal... recorded them.
type answer struct {
	Situation string
	Statement string
	Table     *table            `json:",omitempty"`
	Error     *mysql.MySQLError `json:",omitempty"`
}

// situations are the states of a server that are recorded, and what is read from its answers: words that a description must have.
var situations = map[string]map[string][]string{ // by situation and the kind of question
	"primary":         {"lag": {"no replica"}, "switches": {"read_only=false"}},
	"replica":         {"lag": {"replica, 0s"}, "switches": {"read_only=true"}},
	"applier stopped": {"lag": {"unknown", "IO_Running: Yes", "SQL_Running: No"}},
	"receiver stopped": {
		"lag": {"unknown", "IO_Running: No", "SQL_Running: Yes"},
	},
	"second channel": {"lag": {"unknown", `channel "second"`, "IO_Running: No"}},
	"no privilege":   {"lag": {"error 1227", "GRANT "}, "switches": {"read_only=true"}},
}

// describe is what the package reads from an answer; "" if the server doesn't know the question.
func (a *answer) describe() (kind, text string) {
	kind = "lag"
	if a.Statement == bothSwitches || a.Statement == oneSwitch {
		kind = "switches"
	}
	switch {
	case a.Error != nil && (a.Error.Number == errUnknownVariable || a.Error.Number == 1064):
		return kind, ""
	case a.Error != nil:
		return kind, strings.Join([]string{"error", itoa(a.Error.Number), Fix(a.Error, "monitor")}, " ")
	case kind == "lag":
		l, err := lagOf(a.Table)
		switch {
		case err != nil:
			return kind, err.Error()
		case !l.Replica:
			return kind, "no replica"
		case l.Unknown:
			return kind, "unknown: " + l.Why
		}
		return kind, "replica, " + l.Behind.String()
	}
	s, err := switches(a.Table)
	if err != nil {
		return kind, err.Error()
	}
	if s.ReadOnly {
		return kind, "read_only=true"
	}
	return kind, "read_only=false"
}

func itoa(n uint16) string { b, _ := json.Marshal(n); return string(b) }

// verify reports what is read wrongly from the answers of a server, and situations that none was recorded for.
func verify(t *testing.T, answers []answer) {
	t.Helper()
	seen := make(map[string]bool)
	for _, a := range answers {
		kind, text := a.describe()
		if text == "" {
			continue
		}
		seen[a.Situation+" "+kind] = true
		for _, part := range situations[a.Situation][kind] {
			// MariaDB's other statements don't show channels that have a name.
			if a.Situation == "second channel" && a.Statement != statusStatements[0] && text == "replica, 0s" {
				continue
			}
			if !strings.Contains(text, part) {
				t.Errorf("%s, %s: %q lacks %q", a.Situation, a.Statement, text, part)
			}
		}
	}
	for situation, kinds := range situations {
		for kind := range kinds {
			if !seen[situation+" "+kind] {
				t.Errorf("%s: no answer for %s", situation, kind)
			}
		}
	}
}

func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) != 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var answers []answer
			if err := json.Unmarshal(text, &answers); err != nil {
				t.Fatal(err)
			}
			verify(t, answers)
		})
	}
}
