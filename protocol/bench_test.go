package protocol

import "testing"

// pointSelect is the answer to a SELECT of one row of one column.
func pointSelect(caps Capability) []byte {
	var answer []byte
	seq := byte(1)
	add := func(payload []byte) {
		answer = AppendPacket(answer, payload, seq)
		seq++
	}
	column := ColumnDefinition{Schema: "sbtest", Table: "sbtest1", OrgTable: "sbtest1", Name: "c", OrgName: "c", Charset: 45, Length: 480, Type: TypeString}
	add([]byte{1})
	add(column.Append(nil, caps))
	if !caps.Has(ClientDeprecateEOF) {
		add(AppendEndOfRows(nil, StatusAutocommit, 0, caps))
	}
	add(AppendTextRow(nil, make([]byte, 119)))
	add(AppendEndOfRows(nil, StatusAutocommit, 0, caps))
	return answer
}

func BenchmarkPointSelect(b *testing.B) {
	for name, caps := range map[string]Capability{"EOF": 0, "DeprecateEOF": ClientDeprecateEOF} {
		b.Run(name, func(b *testing.B) {
			answer := pointSelect(caps)
			var r ResponseReader
			b.ReportAllocs()
			for b.Loop() {
				r.Start(ComQuery, caps, 1)
				if n, prog, err := r.Feed(answer); n != len(answer) || prog != Done || err != nil {
					b.Fatal(n, prog, err)
				}
			}
		})
	}
}

func BenchmarkRows(b *testing.B) {
	row := make([]byte, 60)
	var rows []byte
	n := 0
	for ; len(rows) < 60<<10; n++ {
		rows = AppendPacket(rows, row, byte(n))
	}
	var r ResponseReader
	b.SetBytes(int64(len(rows)))
	b.ReportAllocs()
	for b.Loop() {
		r.Start(ComStmtFetch, ClientDeprecateEOF, 0)
		if n, prog, err := r.Feed(rows); n != len(rows) || prog != More || err != nil {
			b.Fatal(n, prog, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
}

func BenchmarkMessage(b *testing.B) {
	message := AppendPacket(nil, make([]byte, 60), 0)
	var m MessageReader
	b.ReportAllocs()
	for b.Loop() {
		m.Start(0, HoldSize)
		if n, done, err := m.Feed(message); n != len(message) || !done || err != nil {
			b.Fatal(n, done, err)
		}
	}
}
