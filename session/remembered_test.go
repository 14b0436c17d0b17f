package session

import (
	"testing"

	"parkway/hostgroup/backend"
)

// What stands in for a session's last statement: of the connection's own diagnostics, of numbers that are zero, and of no statement at all.
func TestStandIn(t *testing.T) {
	none, write, quiet, read := past{}, past{some: true, rowCount: 5, found: 3}, past{some: true, found: 3}, past{some: true, rowCount: -1, found: 3}
	for _, test := range []struct {
		name           string
		past           past
		foreign, shown remembered
		want           backend.Past
	}{
		{"FOUND_ROWS() of a read", read, everything, foundRows, backend.Past{Found: 3}},
		{"FOUND_ROWS(), beside diagnostics of the session's", read, foundRows, foundRows, backend.Past{Found: 3, Keep: true}},
		{"FOUND_ROWS() of nothing", quiet, everything, foundRows, backend.Past{Found: 3}},
		{"SHOW WARNINGS", write, everything, diagnostics, backend.Past{Found: 3, Clean: true}},
		{"SHOW WARNINGS of nothing", quiet, everything, diagnostics, backend.Past{Found: 3, Quiet: true, Clean: true}},
		{"FOUND_ROWS() that the connection has, and warnings", quiet, diagnostics, foundRows | diagnostics,
			backend.Past{Found: 3, Quiet: true, Clean: true}},
		{"ROW_COUNT() of nothing", quiet, rowCount | foundRows, rowCount, backend.Past{Found: 3, Quiet: true, Keep: true}},
		{"ROW_COUNT() before anything", none, everything, rowCount, backend.Past{Quiet: true, Fresh: true}},
		{"SHOW WARNINGS before anything", none, everything, diagnostics, backend.Past{Quiet: true, Fresh: true, Clean: true}},
		{"FOUND_ROWS() before anything", none, everything, foundRows, backend.Past{}},
	} {
		test.want.Asked = true
		if got := test.past.standIn(test.foreign, test.shown); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}
