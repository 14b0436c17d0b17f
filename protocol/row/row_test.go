package row

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/scripting/hook"
)

// column is a column of a type.
func column(t protocol.ColumnType, change ...func(*hook.Column)) hook.Column {
	c := hook.Column{Name: "c", Type: byte(t), Charset: binaryCharset}
	for _, f := range change {
		f(&c)
	}
	return c
}

func unsigned(c *hook.Column) { c.Flags = flagUnsigned }

func decimals(n byte) func(*hook.Column) { return func(c *hook.Column) { c.Decimals = n } }

func utf8(c *hook.Column) { c.Charset = 45 }

// Values as servers send them, in both protocols: read, they are the same; written, they are what was read.
func TestValues(t *testing.T) {
	for _, test := range []struct {
		name   string
		column hook.Column
		text   string
		binary string // in hex
		kind   hook.ValueKind
	}{
		{"tiny", column(protocol.TypeTiny), "-128", "80", hook.KindInt},
		{"unsigned tiny", column(protocol.TypeTiny, unsigned), "255", "ff", hook.KindUint},
		{"short", column(protocol.TypeShort), "-2", "feff", hook.KindInt},
		{"year", column(protocol.TypeYear, unsigned), "2026", "ea07", hook.KindUint},
		{"int24", column(protocol.TypeInt24), "-8388608", "000080ff", hook.KindInt},
		{"long", column(protocol.TypeLong), "2147483647", "ffffff7f", hook.KindInt},
		{"longlong", column(protocol.TypeLongLong), "-9223372036854775808", "0000000000000080", hook.KindInt},
		{"unsigned longlong", column(protocol.TypeLongLong, unsigned), "18446744073709551615", "ffffffffffffffff", hook.KindUint},
		{"float", column(protocol.TypeFloat, decimals(31)), "0.1", "cdcccc3d", hook.KindFloat},
		{"double", column(protocol.TypeDouble, decimals(31)), "-1.5e300", hexFloat(-1.5e300), hook.KindFloat},
		{"small double", column(protocol.TypeDouble, decimals(31)), "1e-20", hexFloat(1e-20), hook.KindFloat},
		{"decimal", column(protocol.TypeNewDecimal, decimals(2)), "1.50", "04" + hexOf("1.50"), hook.KindDecimal},
		{"date", column(protocol.TypeDate), "2026-11-21", "04ea070b15", hook.KindTime},
		{"zero date", column(protocol.TypeDate), "0000-00-00", "00", hook.KindTime},
		{"datetime", column(protocol.TypeDatetime), "2026-11-21 09:30:01", "07ea070b15091e01", hook.KindTime},
		{"midnight", column(protocol.TypeDatetime), "2026-11-21 00:00:00", "04ea070b15", hook.KindTime},
		{"fraction", column(protocol.TypeTimestamp, decimals(3)), "2026-11-21 09:30:01.250", "0bea070b15091e0190d00300", hook.KindTime},
		{"no fraction", column(protocol.TypeDatetime, decimals(6)), "2026-11-21 00:00:00.000000", "04ea070b15", hook.KindTime},
		{"time", column(protocol.TypeTime), "-838:59:59", "08012200000016" + "3b3b", hook.KindTime},
		{"time with fraction", column(protocol.TypeTime, decimals(6)), "00:00:00.000001", "0c0000000000000000" + "01000000", hook.KindTime},
		{"no time", column(protocol.TypeTime), "00:00:00", "00", hook.KindTime},
		{"text", column(protocol.TypeVarString, utf8), "grüß", "06" + hexOf("grüß"), hook.KindText},
		{"no text", column(protocol.TypeVarString, utf8), "", "00", hook.KindText},
		{"json", column(protocol.TypeJSON), "{}", "02" + hexOf("{}"), hook.KindText},
		{"blob", column(protocol.TypeBlob), "\x00\xff", "0200ff", hook.KindBytes},
		{"bit", column(protocol.TypeBit), "\x05", "0105", hook.KindBytes},
	} {
		t.Run(test.name, func(t *testing.T) {
			columns := []hook.Column{test.column, test.column}
			text := protocol.AppendTextRow(nil, []byte(test.text), nil)
			binary := append([]byte{0, 1 << 3}, unhex(t, test.binary)...)
			var r Reader
			var fromText, fromBinary hook.Batch
			fromText.Reset(2)
			fromBinary.Reset(2)
			if err := r.Text(&fromText, columns, text); err != nil {
				t.Fatal(err)
			}
			if err := r.Binary(&fromBinary, columns, binary); err != nil {
				t.Fatal(err)
			}
			for name, b := range map[string]*hook.Batch{"text": &fromText, "binary": &fromBinary} {
				row := b.Row(0)
				if row[0].Kind != test.kind || row[1].Kind != hook.KindNull {
					t.Errorf("%s: kinds %d and %d", name, row[0].Kind, row[1].Kind)
				}
				if got, err := AppendText(nil, columns, row); err != nil || !bytes.Equal(got, text) {
					t.Errorf("%s: as text %q, %v; want %q", name, got, err, text)
				}
				if got, err := AppendBinary(nil, columns, row); err != nil || !bytes.Equal(got, binary) {
					t.Errorf("%s: in binary %x, %v; want %x", name, got, err, binary)
				}
			}
		})
	}
}

func hexOf(s string) string { return hex.EncodeToString([]byte(s)) }

func hexFloat(f float64) string {
	b, _ := AppendBinary(nil, []hook.Column{column(protocol.TypeDouble)}, []hook.Value{hook.Float(f)})
	return hex.EncodeToString(b[2:])
}

func unhex(t *testing.T, s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A number that the server writes in its own way stays as it is.
func TestTextStays(t *testing.T) {
	columns := []hook.Column{column(protocol.TypeLong, unsigned), column(protocol.TypeDouble), column(protocol.TypeFloat), column(protocol.TypeLong)}
	row := protocol.AppendTextRow(nil, []byte("007"), []byte("1e2"), []byte("1.50"), []byte("odd"))
	var r Reader
	var b hook.Batch
	b.Reset(4)
	if err := r.Text(&b, columns, row); err != nil {
		t.Fatal(err)
	}
	v := b.Row(0)
	if v[0].Uint() != 7 || v[1].Float() != 100 || v[2].Float() != 1.5 || v[3].Kind != hook.KindText {
		t.Errorf("%v", v)
	}
	if got, err := AppendText(nil, columns, v); err != nil || !bytes.Equal(got, row) {
		t.Errorf("%q, %v", got, err)
	}
}

// Numbers without a text are written as their column has them: INT(5) ZEROFILL, DOUBLE(10,2), YEAR.
func TestTextOfColumns(t *testing.T) {
	filled := func(length uint32) func(*hook.Column) {
		return func(c *hook.Column) { c.Flags, c.Length = flagUnsigned|flagZerofill, length }
	}
	for _, test := range []struct {
		column hook.Column
		value  hook.Value
		want   string
	}{
		{column(protocol.TypeLong, filled(5)), hook.Uint(42), "00042"},
		{column(protocol.TypeLong, filled(5)), hook.Uint(123456), "123456"},
		{column(protocol.TypeYear, filled(4)), hook.Uint(0), "0000"},
		{column(protocol.TypeLong, filled(math.MaxUint32)), hook.Uint(7), strings.Repeat("0", maxWidth-1) + "7"},
		{column(protocol.TypeDouble, decimals(2)), hook.Float(1.5), "1.50"},
		{column(protocol.TypeFloat, decimals(3)), hook.Float(-0.0005), "-0.001"},
		{column(protocol.TypeDouble, decimals(anyDecimals)), hook.Float(1.5), "1.5"},
		{column(protocol.TypeVarString, decimals(2)), hook.Float(1.5), "1.5"},
	} {
		got, err := AppendText(nil, []hook.Column{test.column}, []hook.Value{test.value})
		if want := protocol.AppendTextRow(nil, []byte(test.want)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
}

// Floating point numbers are written as servers do.
func TestFloats(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0", 1: "1", -1.25: "-1.25", 1e14: "100000000000000", 1e15: "1e15", 123456789012345680: "1.2345678901234568e17",
		1e20: "1e20", 1e-15: "0.000000000000001", 1e-16: "1e-16", 1e300: "1e300", math.MaxFloat64: "1.7976931348623157e308",
	} {
		if got := string(appendFloat(nil, f)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// Values of other kinds are converted to their column, or refused: never cut.
func TestConversions(t *testing.T) {
	date := func(s string) hook.Value { return hook.Value{Kind: hook.KindTime, Bytes: []byte(s)} }
	for _, test := range []struct {
		column hook.Column
		value  hook.Value
		want   string // in hex, or
		reason string
	}{
		{column(protocol.TypeTiny), hook.Float(7), "07", ""},
		{column(protocol.TypeTiny), hook.Text("-1"), "ff", ""},
		{column(protocol.TypeTiny), hook.Int(128), "", "too large"},
		{column(protocol.TypeTiny), hook.Int(-129), "", "too large"},
		{column(protocol.TypeTiny, unsigned), hook.Int(-1), "", "too large"},
		{column(protocol.TypeTiny, unsigned), hook.Uint(256), "", "too large"},
		{column(protocol.TypeLongLong), hook.Uint(1 << 63), "", "too large"},
		{column(protocol.TypeLongLong), hook.Float(1.5), "", "whole number"},
		{column(protocol.TypeLongLong), hook.Float(math.NaN()), "", "whole number"},
		{column(protocol.TypeLongLong), hook.Float(math.Inf(1)), "", "whole number"},
		{column(protocol.TypeLongLong), hook.Text("x"), "", "whole number"},
		{column(protocol.TypeFloat), hook.Int(2), "00000040", ""},
		{column(protocol.TypeDouble), hook.Text("x"), "", "no number"},
		{column(protocol.TypeVarString), hook.Int(12), "023132", ""},
		{column(protocol.TypeVarString), hook.Float(0.5), "03302e35", ""},
		{column(protocol.TypeDate), date("2026-11-21 09:00:00"), "04ea070b15", ""},
		{column(protocol.TypeDatetime), date("2026-11-21T09:30:01.5"), "0bea070b15091e0120a10700", ""},
		{column(protocol.TypeDatetime), date("2026-13-01"), "", "no date"},
		{column(protocol.TypeDatetime), date("2026-11-21 24:00:00"), "", "no date"},
		{column(protocol.TypeDatetime), date("2026-11-21 09:00:00.1234567"), "", "no date"},
		{column(protocol.TypeDatetime), hook.Int(1), "", "no date"},
		{column(protocol.TypeTime), date("839:00:00"), "", "no time"},
		{column(protocol.TypeTime), date(""), "", "no time"},
		{column(protocol.TypeVarString), hook.Value{Kind: hook.KindUnknown}, "", "not known"},
	} {
		got, err := AppendBinary(nil, []hook.Column{test.column}, []hook.Value{test.value})
		switch {
		case test.reason == "" && (err != nil || hex.EncodeToString(got[2:]) != test.want):
			t.Errorf("%v in %v: %x, %v; want %s", test.value, test.column.Type, got, err, test.want)
		case test.reason != "" && (err == nil || !strings.Contains(err.Error(), test.reason)):
			t.Errorf("%v in %v: %x, %v; want %s", test.value, test.column.Type, got, err, test.reason)
		}
	}
	var wrong *Error
	if _, err := AppendText(nil, []hook.Column{{}}, nil); !errors.As(err, &wrong) {
		t.Errorf("a row that is too short: %v", err)
	}
}

// Whatever comes as a row is read or refused, and what was read goes back as it came.
func FuzzRows(f *testing.F) {
	types := []protocol.ColumnType{
		protocol.TypeTiny, protocol.TypeShort, protocol.TypeLong, protocol.TypeLongLong, protocol.TypeFloat, protocol.TypeDouble,
		protocol.TypeNewDecimal, protocol.TypeDate, protocol.TypeTime, protocol.TypeDatetime, protocol.TypeVarString, protocol.TypeBit,
	}
	f.Add([]byte{3, 7}, []byte("\x011\x0a2026-11-21"), false)
	f.Add([]byte{9, 8}, []byte("\x00\x00\x07\xea\x07\x0b\x15\x09\x1e\x01\x00"), true)
	f.Fuzz(func(t *testing.T, kinds, p []byte, binary bool) {
		if len(kinds) > 20 {
			return
		}
		var columns []hook.Column
		for _, k := range kinds {
			c := column(types[int(k&15)%len(types)])
			c.Flags, c.Decimals = uint16(k>>4&1)*flagUnsigned, k>>5
			columns = append(columns, c)
		}
		var r Reader
		var b hook.Batch
		b.Reset(len(columns))
		read := r.Text
		if binary {
			read = r.Binary
		}
		if read(&b, columns, p) != nil || len(columns) == 0 {
			return
		}
		if !binary {
			if got, err := AppendText(nil, columns, b.Row(0)); err != nil || !sameText(got, p, len(columns)) {
				t.Errorf("%q became %q, %v", p, got, err)
			}
			return
		}
		got, err := AppendBinary(nil, columns, b.Row(0))
		if err != nil {
			return // a date that is none
		}
		// Longer forms than needed become shorter; then nothing changes any more.
		var again hook.Batch
		again.Reset(len(columns))
		if err := r.Binary(&again, columns, got); err != nil {
			t.Fatalf("%x became %x: %v", p, got, err)
		}
		if more, err := AppendBinary(nil, columns, again.Row(0)); err != nil || !bytes.Equal(more, got) {
			t.Errorf("%x became %x and %x, %v", p, got, more, err)
		}
	})
}

// sameText reports whether two text rows have the same values: lengths may be written in more than one way.
func sameText(a, b []byte, n int) bool {
	va, errA := protocol.ReadTextRow(nil, a)
	vb, errB := protocol.ReadTextRow(nil, b)
	if errA != nil || errB != nil || len(va) != n || len(vb) != n {
		return false
	}
	for i := range va {
		if !bytes.Equal(va[i], vb[i]) || (va[i] == nil) != (vb[i] == nil) {
			return false
		}
	}
	return true
}
