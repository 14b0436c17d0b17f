package digest

import (
	"bytes"
	"testing"
)

// fillers may stand between any two tokens.
var fillers = []string{" ", "\t\r\n", "/**/", "/* it's @x; ? */", "-- GET_LOCK('\n", "# `\n", " /*/ ( */ "}

// spread is sql with other white space and comments between its tokens, and keywords in another case.
func spread(sql []byte, o Options, seed int) []byte {
	l := lexer{sql: sql, opts: o}
	var out []byte
	for {
		t := l.next()
		seed++
		out = append(out, fillers[seed%len(fillers)]...)
		switch {
		case t == tokEnd:
			return out
		case t == tokWord && l.word != nil && !l.word.plain && seed%3 == 0:
			out = append(out, bytes.ToLower(l.bytes())...)
		case t == tokWord && l.word != nil && !l.word.plain:
			out = append(out, bytes.ToUpper(l.bytes())...)
		default:
			out = append(out, l.bytes()...)
		}
	}
}

// checkProperties checks what is true of every text.
func checkProperties(t *testing.T, sql []byte, o Options) {
	t.Helper()
	info := Scan(sql, o)
	text := AppendText(nil, sql, o)
	if info.Statements == 0 != (info.Verb == VerbNone) || info.Verb >= verbCount || info.Flags >= flagsEnd {
		t.Fatalf("%q: impossible %+v", sql, info)
	}
	if info.Statements > 1 && info.Flags&MultiStatement == 0 {
		t.Fatalf("%q: %d statements and no flag", sql, info.Statements)
	}
	if o&multibyte != 0 {
		return // A lone lead byte may meet another second byte in the normal form.
	}
	again := Scan(text, o)
	if twice := AppendText(nil, text, o); !bytes.Equal(text, twice) || again.Hash != info.Hash {
		t.Fatalf("%q: the normal form is not stable\n%q %x\n%q %x", sql, text, info.Hash, twice, again.Hash)
	}
	if info.Flags&(Uncertain|ExecutableComment|SetVarHint) != 0 {
		return
	}
	wide := spread(sql, o, len(sql))
	if other := Scan(wide, o); other != info {
		t.Fatalf("%q %+v\n%q %+v", sql, info, wide, other)
	}
}

func TestProperties(t *testing.T) {
	for _, test := range scanTests {
		for o := range NoBackslashEscapes << 1 {
			checkProperties(t, []byte(test.sql), o)
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, test := range scanTests {
		f.Add([]byte(test.sql), uint8(0))
	}
	for _, statement := range applicationStatements {
		f.Add([]byte(statement), uint8(1))
	}
	f.Add([]byte("a,...,(1),...,(?,...),... .5 t.5 @@a.b 'x' _utf8'y' - -1 \\N \\ N 0x1 1e5x"), uint8(3))
	f.Fuzz(func(t *testing.T, sql []byte, options uint8) {
		o := Options(options) & (AnsiQuotes | NoBackslashEscapes | DoubleByte | ShiftJIS)
		checkProperties(t, sql, o)
		compareWithReference(t, sql, o)
	})
}

func FuzzHelpers(f *testing.F) {
	for _, sql := range []string{
		"SET @a=1, GLOBAL b='c', @@session.d = (1,2), NAMES utf8", "KILL HARD QUERY 5;",
		"SELECT connection_id ( ), @@session.pseudo_thread_id AS x, f(connection_id()) FROM t; SET @a = @@pseudo_thread_id",
	} {
		f.Add([]byte(sql), uint8(0))
	}
	f.Fuzz(func(t *testing.T, sql []byte, options uint8) {
		o := Options(options)
		Assignments(sql, o, func(Assignment) bool { return true })
		literals := Assignments(sql, o, func(a Assignment) bool { return a.User && a.Literal && len(a.Name) > 0 && len(a.Value) > 0 })
		if info := Scan(sql, o); literals && (info.Verb != VerbSet || info.Flags != UserVarAssign) {
			t.Fatalf("%q is no SET of user variables: %v %v", sql, info.Verb, info.Flags)
		}
		if _, ok := KillTarget(sql); ok && Scan(sql, o).Verb != VerbKill {
			t.Fatalf("%q is no KILL", sql)
		}
		if !bytes.Equal(AppendConnectionID(nil, sql, o, 7), sql) && !Scan(sql, o).Flags.Has(ConnectionIDFn) {
			t.Fatalf("%q has no connection id", sql)
		}
	})
}
