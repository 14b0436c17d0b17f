package hook

import "unsafe"

// BatchBytes is how large a batch of rows becomes before it is shown, as Size counts. One with a single row may be larger.
const BatchBytes = 64 << 10

// Batch is rows in memory of its own: no value lies in a buffer that a socket is read into. It is filled value by value and used again; it belongs to
// one thread at a time.
type Batch struct {
	columns int
	values  []Value
	data    []byte // where the bytes of values are; or were, before it grew
}

// maxKept is how much of a batch's memory Reset keeps for the next rows.
const maxKept = 4 * BatchBytes

// Reset makes the batch empty, for rows of so many columns. What its values have pointed to is gone.
func (b *Batch) Reset(columns int) {
	if cap(b.data) > maxKept || cap(b.values)*valueSize > maxKept {
		*b = Batch{}
	}
	b.columns = columns
	clear(b.values) // they may hold memory that data has outgrown
	b.values, b.data = b.values[:0], b.data[:0]
}

const valueSize = int(unsafe.Sizeof(Value{}))

// Add appends a value, whose bytes are copied, to the row that is not full yet.
func (b *Batch) Add(v Value) {
	if v.Bytes != nil {
		v.Bytes = b.keep(v.Bytes)
	}
	b.values = append(b.values, v)
}

// keep copies p behind the bytes that are there. nil stays different from empty.
func (b *Batch) keep(p []byte) []byte {
	start := len(b.data)
	b.data = append(b.data, p...)
	if b.data == nil {
		b.data = []byte{}
	}
	return b.data[start:len(b.data):len(b.data)]
}

// AddRow appends a row, whose bytes are copied.
func (b *Batch) AddRow(row []Value) {
	for _, v := range row {
		b.Add(v)
	}
}

// Columns is the number of values in each row.
func (b *Batch) Columns() int { return b.columns }

// Len is the number of full rows.
func (b *Batch) Len() int {
	if b.columns == 0 {
		return 0
	}
	return len(b.values) / b.columns
}

// Row returns the values of row i, which are valid until Reset and must not be changed.
func (b *Batch) Row(i int) []Value {
	return b.values[i*b.columns : (i+1)*b.columns : (i+1)*b.columns]
}

// Size is how many bytes the rows take.
func (b *Batch) Size() int { return len(b.data) + len(b.values)*valueSize }

// Clone returns a copy that shares nothing with b.
func (b *Batch) Clone() Batch {
	c := Batch{columns: b.columns}
	c.values = make([]Value, 0, len(b.values))
	c.data = make([]byte, 0, len(b.data))
	c.AddRow(b.values)
	return c
}
