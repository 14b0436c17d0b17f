package digest

import (
	"strings"
	"testing"
)

// stream scans a text in parts of that size.
func stream(sql []byte, o Options, size int) Info {
	s := NewStream(o)
	for len(sql) > 0 {
		n := min(size, len(sql))
		part := append([]byte(nil), sql[:n]...)
		s.Add(part)
		clear(part)
		sql = sql[n:]
	}
	return s.End()
}

// stuffing is what makes texts long: literals and comments, with what could be taken for their end.
var stuffing = []string{
	"''", "'" + strings.Repeat(`\'x''@y:=1 \\`, 3000) + "'", `"` + strings.Repeat(`''""`, 9000) + " x\"",
	"/* " + strings.Repeat("it's /* `@a:=1 */", 1) + strings.Repeat("/* * / ", 5000) + "*/'x'", "# " + strings.Repeat("it's ", 9000) + "\n1",
	"-- " + strings.Repeat("'`\"", 9000) + "\n1", strings.Repeat(" \t", 9000) + "0x" + strings.Repeat("AF", 20000), "X'" + strings.Repeat("AF", 20000) + "'",
	"n'" + strings.Repeat("a;b", 9000) + "'", "_binary 0b" + strings.Repeat("01", 20000), "'" + strings.Repeat("a\\\\", 9000) + "x" + strings.Repeat("\\\\", 20) + "'",
	strings.Repeat("1,'a''b'  , ", 5000) + "1",
}

// A text that comes in parts is read as it is whole, wherever it is cut.
func TestStream(t *testing.T) {
	check := func(sql string, o Options, size int) {
		t.Helper()
		want := Scan([]byte(sql), o)
		want.Hash = 0
		if got := stream([]byte(sql), o, size); got != want && !want.Flags.Has(ExecutableComment) {
			t.Errorf("%.200q, %d bytes, in parts of %d: %+v, want %+v", sql, len(sql), size, got, want)
		}
	}
	for _, test := range scanTests {
		for o := range ShiftJIS << 1 {
			for _, size := range []int{1, 7, 70} {
				check(test.sql, o, size)
			}
		}
	}
	for _, with := range stuffing {
		for _, tail := range []string{"", ", GET_LOCK('a', 1)", ", @x := 5", " FOR UPDATE", "; SET @a=1", " INTO @a", ", `get_lock` ('a')", ", 'it''s' @a", "\\", "'"} {
			for _, size := range []int{1 << 10, 16 << 10, 1 << 20} {
				check("SELECT "+with+tail, 0, size)
			}
		}
		for shift := range 70 {
			check("SELECT "+strings.Repeat(" ", shift)+with+",last_insert_id( 5 )", 0, 8<<10)
		}
	}
}

// What can't be followed is said to be uncertain.
func TestStreamThatCannotBeFollowed(t *testing.T) {
	for _, sql := range []string{
		"SELECT " + strings.Repeat("a", 50000), "SELECT '" + strings.Repeat("'", 50001) + "'", "SELECT /*+ " + strings.Repeat("a", 50000) + "*/ 1",
		"SELECT /*! '" + strings.Repeat("a", 50000) + "'*/", "SELECT @'" + strings.Repeat("a", 50000) + "'", "SELECT " + strings.Repeat("5", 50000),
	} {
		if info := stream([]byte(sql), 0, 10000); !info.Flags.Has(Uncertain) || info.Verb != VerbSelect {
			t.Errorf("%.40q: %+v", sql, info)
		}
	}
}

// The memory is bounded, whatever comes.
func TestStreamIsSmall(t *testing.T) {
	for _, with := range stuffing {
		s := NewStream(0)
		s.Add([]byte("SELECT "))
		for range 10 {
			s.Add([]byte(with))
			if cap(s.window) > 3*portion {
				t.Fatalf("%.40q: %d bytes are kept", with, cap(s.window))
			}
		}
	}
}

func FuzzStream(f *testing.F) {
	for i, test := range scanTests {
		f.Add([]byte(test.sql), uint8(0), uint16(i), uint16(3000*(i%3)))
	}
	f.Fuzz(func(t *testing.T, sql []byte, options uint8, at, repeat uint16) {
		o := Options(options) & (AnsiQuotes | NoBackslashEscapes | DoubleByte | ShiftJIS)
		if n := len(sql); n > 1 { // a part of it many times over
			from := int(at) % n
			to := min(from+1+int(at)%7, n)
			sql = append(append(sql[:from:from], strings.Repeat(string(sql[from:to]), 1+int(repeat)/(to-from)/2)...), sql[to:]...)
		}
		whole := Scan(sql, o)
		whole.Hash = 0
		parts := stream(sql, o, 1+int(at)%500)
		if parts != whole && !parts.Flags.Has(Uncertain) {
			t.Fatalf("%q\nin parts %+v\nwhole    %+v", sql, parts, whole)
		}
	})
}
