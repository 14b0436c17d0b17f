package check

import "testing"

// A replica is an orphan if nothing but its primary is missing, on every channel that does not run.
func TestOrphan(t *testing.T) {
	text := func(s string) *string { return &s }
	for _, test := range []struct {
		name string
		rows [][3]string // IO thread, applier, lag ("": NULL)
		want bool
	}{
		{"no replica", nil, false},
		{"runs", [][3]string{{"Yes", "Yes", "0"}}, false},
		{"looks for its primary", [][3]string{{"Connecting", "Yes", ""}}, true},
		{"so does one channel", [][3]string{{"Yes", "Yes", "3"}, {"Connecting", "Yes", ""}}, true},
		{"its applier is stopped", [][3]string{{"Connecting", "No", ""}}, false},
		{"stopped", [][3]string{{"No", "No", ""}}, false},
		{"one channel is stopped", [][3]string{{"Connecting", "Yes", ""}, {"No", "Yes", ""}}, false},
		{"the first one is", [][3]string{{"No", "Yes", ""}, {"Connecting", "Yes", ""}}, false},
	} {
		answer := &table{Columns: []string{"Replica_IO_Running", "Replica_SQL_Running", "Seconds_Behind_Source"}}
		for _, r := range test.rows {
			row := []*string{text(r[0]), text(r[1]), text(r[2])}
			if r[2] == "" {
				row[2] = nil
			}
			answer.Rows = append(answer.Rows, row)
		}
		l, err := lagOf(answer)
		if err != nil || l.Orphan != test.want {
			t.Errorf("%s: %+v, %v", test.name, l, err)
		}
	}
}
