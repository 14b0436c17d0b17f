package protocol

import "testing"

// The first number in the text of an OK packet, in the languages of servers.
func TestMatched(t *testing.T) {
	for text, want := range map[string]uint64{
		"": 0, "Statement prepared": 0, "Rows matched: 13  Changed: 2  Warnings: 0": 13, "12": 12, "a1b2": 1,
		"\u8a72\u5f53\u3057\u305f\u884c: 3  \u5909\u66f4: 2": 3,
	} {
		p := AppendPacket(nil, (&OK{AffectedRows: 2, Status: StatusAutocommit, Info: []byte(text)}).Append(nil, 0), 1)
		var r ResponseReader
		r.Start(ComQuery, 0, 1)
		if n, progress, err := r.Feed(p); n != len(p) || progress != Done || err != nil {
			t.Fatal(n, progress, err)
		}
		if r.Matched() != want {
			t.Errorf("%q: %d, want %d", text, r.Matched(), want)
		}
	}
}
