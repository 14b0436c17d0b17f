package play

import (
	"slices"
	"testing"

	"parkway/protocol"
)

// A schema that was not changed is left out only where MySQL may report one.
func TestRecordOfSchema(t *testing.T) {
	block := (&protocol.StateChange{Type: protocol.TrackSchema, Value: []byte("b")}).Append(nil)
	zone := protocol.StateChange{Type: protocol.TrackSystemVariables, Name: []byte("time_zone"), Value: []byte("UTC")}
	block = zone.Append(block)
	for _, unselected := range []bool{false, true} {
		r := record{unselected: unselected}
		r.ok(protocol.OK{StateChanges: block})
		if told := slices.Contains(r.lines, `changed: 1 "" "b"`); told == unselected || !slices.Contains(r.lines, `changed: 0 "time_zone" "UTC"`) {
			t.Errorf("%v: %q", unselected, r.lines)
		}
	}
}

// The ids that errors tell are those that the client was told before; those that rows quote may be others.
func TestAnonymous(t *testing.T) {
	s := &session{ids: []uint32{7}}
	lines := []string{"error: 1243 (HY000): handler (7)", "error: 1243 (HY000): handler (8)", `row "Error", "1243", "handler (4294967294)"`, `row "x (5)"`}
	s.anonymous(lines)
	want := []string{"error: 1243 (HY000): handler (id)", "error: 1243 (HY000): handler (8)", `row "Error", "1243", "handler (id)"`, `row "x (5)"`}
	if !slices.Equal(lines, want) {
		t.Errorf("%q", lines)
	}
}
