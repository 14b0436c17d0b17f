package backend

import (
	"iter"

	"parkway/protocol"
)

// rows are the rows in the packets of a result set, as texts, nil for NULL.
func rows(packets [][]byte) iter.Seq[[][]byte] {
	return func(yield func([][]byte) bool) {
		count, _, _ := protocol.ReadLenencInt(packets[0])
		var row [][]byte
		for _, p := range packets[min(1+int(count), len(packets)):] { // behind the definitions
			if len(p) == 0 || p[0] >= 0xfe { // EOF, before and behind the rows
				continue
			}
			var err error
			if row, err = protocol.ReadTextRow(row[:0], p); err == nil && !yield(row) {
				return
			}
		}
	}
}

// firstColumn is the first column of the rows in the packets of a result set.
func firstColumn(packets [][]byte) (values []string) {
	for row := range rows(packets) {
		values = append(values, string(row[0]))
	}
	return values
}

// values are all that a result set has, row by row; "" for NULL.
func values(packets [][]byte) (all []string) {
	for row := range rows(packets) {
		for _, v := range row {
			all = append(all, string(v))
		}
	}
	return all
}

// collation is the number of the collation of a result set's first column, which it was asked for with these capabilities; 0 if that cannot be read.
func collation(packets [][]byte, caps protocol.Capability) uint16 {
	var column protocol.ColumnDefinition
	if len(packets) < 2 || column.Decode(packets[1], caps) != nil {
		return 0
	}
	return column.Charset
}
