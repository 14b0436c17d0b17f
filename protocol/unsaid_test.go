package protocol

import "testing"

// An EOF packet says that state changed, and the next OK packet that does says what.
func TestUnsaid(t *testing.T) {
	const caps = ClientProtocol41 | ClientSessionTrack
	const more, changed = StatusMoreResults, StatusSessionStateChanged
	rows := func(status StatusFlags) [][]byte {
		return [][]byte{{1}, (&ColumnDefinition{Name: "a"}).Append(nil, caps), AppendEndOfRows(nil, more, 0, caps), {1, '7'}, AppendEndOfRows(nil, status, 0, caps)}
	}
	reported := (&StateChange{Type: TrackStateChange, Value: []byte("1")}).Append(nil)
	ok := func(status StatusFlags) [][]byte {
		return [][]byte{(&OK{Status: status, StateChanges: reported}).Append(nil, caps)} // only with the flag
	}
	for _, test := range []struct {
		name    string
		results [][][]byte
		want    bool
	}{
		{"nothing", [][][]byte{rows(0)}, false},
		{"rows", [][][]byte{rows(changed)}, true},
		{"rows, then others", [][][]byte{rows(changed | more), rows(0)}, true},
		{"rows, then nothing that changes", [][][]byte{rows(changed | more), ok(0)}, true},
		{"rows, then a change", [][][]byte{rows(changed | more), ok(changed)}, false},
		{"a change, then rows", [][][]byte{ok(changed | more), rows(0)}, false},
	} {
		var stream []byte
		seq := byte(1)
		for _, result := range test.results {
			for _, p := range result {
				stream = AppendPacket(stream, p, seq)
				seq++
			}
		}
		var r ResponseReader
		r.Start(ComQuery, caps, 1)
		if n, progress, err := r.Feed(stream); n != len(stream) || progress != Done || err != nil {
			t.Errorf("%s: %d of %d bytes, %v, %v", test.name, n, len(stream), progress, err)
		}
		if got := r.Unsaid(); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}
