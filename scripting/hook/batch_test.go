package hook

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

func TestBatchOwnsItsBytes(t *testing.T) {
	var b Batch
	b.Reset(2)
	wire := []byte("hello")
	b.Add(Value{Kind: KindText, Bytes: wire})
	b.Add(Value{Kind: KindBytes, Bytes: wire[:0]})
	copy(wire, "XXXXX")
	for i := range 1000 { // the memory behind the first row moves meanwhile
		b.AddRow([]Value{Int(int64(-i)), {Kind: KindText, Bytes: bytes.Repeat([]byte{'x'}, i)}})
	}
	if b.Len() != 1001 || b.Columns() != 2 {
		t.Fatalf("%d rows of %d columns", b.Len(), b.Columns())
	}
	if first := b.Row(0); string(first[0].Bytes) != "hello" || first[1].Bytes == nil || len(first[1].Bytes) != 0 {
		t.Errorf("the first row is %q, %q", first[0].Bytes, first[1].Bytes)
	}
	c := b.Clone()
	last := b.Row(1000)
	if last[0].Int() != -999 || len(last[1].Bytes) != 999 {
		t.Errorf("the last row is %d and %d bytes", last[0].Int(), len(last[1].Bytes))
	}
	b.Reset(1)
	b.Add(Text("another"))
	if got := string(c.Row(0)[0].Bytes); got != "hello" {
		t.Errorf("a copy has %q", got)
	}
	if b.Len() != 1 || string(b.Row(0)[0].Bytes) != "another" {
		t.Errorf("after Reset: %d rows", b.Len())
	}
}

func TestBatchSize(t *testing.T) {
	var b Batch
	b.Reset(1)
	for b.Size() < BatchBytes {
		b.Add(Text(strings.Repeat("x", 100)))
	}
	if n := b.Len(); n < 300 || n > 600 {
		t.Errorf("%d rows of 100 bytes are %d bytes", n, BatchBytes)
	}
	if allocs := testing.AllocsPerRun(10, func() {
		b.Reset(1)
		for range 400 {
			b.Add(Value{Kind: KindText, Bytes: b.data[:10:10]})
		}
	}); allocs != 0 {
		t.Errorf("filling it again: %v allocations", allocs)
	}
	b.Add(Text(strings.Repeat("x", maxKept+1)))
	if b.Reset(1); cap(b.data) != 0 {
		t.Errorf("an empty batch keeps %d bytes", cap(b.data))
	}
}

func TestBatchWithoutColumns(t *testing.T) {
	var b Batch
	if b.Len() != 0 || b.Size() != 0 {
		t.Errorf("%d rows, %d bytes", b.Len(), b.Size())
	}
}

func TestValues(t *testing.T) {
	if v := Int(math.MinInt64); v.Kind != KindInt || v.Int() != math.MinInt64 {
		t.Errorf("%+v", v)
	}
	if v := Uint(math.MaxUint64); v.Kind != KindUint || v.Uint() != math.MaxUint64 {
		t.Errorf("%+v", v)
	}
	if v := Float(-0.1); v.Kind != KindFloat || v.Float() != -0.1 {
		t.Errorf("%+v", v)
	}
	if v := (Value{}); v.Kind != KindNull {
		t.Errorf("the zero value is %+v", v)
	}
}

func TestSet(t *testing.T) {
	var s Set
	s = s.With(OnQuery).With(OnDisconnect)
	for k := range Kinds {
		if got, want := s.Has(k), k == OnQuery || k == OnDisconnect; got != want {
			t.Errorf("%s: %v", k, got)
		}
	}
}
