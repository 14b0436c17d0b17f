package digest

import (
	"slices"
	"testing"
)

func TestFirst(t *testing.T) {
	for _, test := range []struct {
		sql   string
		opts  Options
		parts []string
		verbs []Verb
	}{
		{"", 0, nil, nil},
		{" ; -- nothing\n;", 0, nil, nil},
		{"SELECT 1", 0, []string{"SELECT 1"}, []Verb{VerbSelect}},
		{"SELECT 1;", 0, []string{"SELECT 1"}, []Verb{VerbSelect}},
		{"SET @a=';' ;UPDATE t SET a=1 /* ; */ WHERE b", 0, []string{"SET @a=';' ", "UPDATE t SET a=1 /* ; */ WHERE b"}, []Verb{VerbSet, VerbUpdate}},
		{`SET @a="x\";"; DO 1`, 0, []string{`SET @a="x\";"`, " DO 1"}, []Verb{VerbSet, VerbDo}},
		{`SELECT "a;b"; DO 1`, AnsiQuotes, []string{`SELECT "a;b"`, " DO 1"}, []Verb{VerbSelect, VerbDo}},
		{"SET @a=1; CREATE PROCEDURE p() BEGIN DO 1; DO 2; END; SET @b=1", 0,
			[]string{"SET @a=1", " CREATE PROCEDURE p() BEGIN DO 1; DO 2; END; SET @b=1"}, []Verb{VerbSet, VerbCreate}},
		{"BEGIN NOT ATOMIC SET @a=1; SET @b=2; END", 0, []string{"BEGIN NOT ATOMIC SET @a=1; SET @b=2; END"}, []Verb{VerbBlock}},
	} {
		var parts []string
		var verbs []Verb
		for rest := []byte(test.sql); ; {
			info, text, behind := First(rest, test.opts)
			if info.Statements == 0 {
				break
			}
			parts, verbs, rest = append(parts, string(text)), append(verbs, info.Verb), behind
		}
		if !slices.Equal(parts, test.parts) || !slices.Equal(verbs, test.verbs) {
			t.Errorf("%s: %q %v", test.sql, parts, verbs)
		}
		if n := Scan([]byte(test.sql), test.opts).Statements; n != len(parts) {
			t.Errorf("%s: %d parts, Scan counts %d", test.sql, len(parts), n)
		}
	}
}

// The flags of a text are those of its statements.
func FuzzFirst(f *testing.F) {
	for _, sql := range []string{"SET @a=1; SELECT 2;", "BEGIN; INSERT INTO t VALUES (';'); COMMIT", "IF 1 THEN DO 1; END IF; DO 2", "/*!50000 ;*/ ;", "(("} {
		f.Add([]byte(sql), uint8(0))
	}
	f.Fuzz(func(t *testing.T, sql []byte, opts uint8) {
		whole := Scan(sql, Options(opts))
		if whole.Flags&(Uncertain|ExecutableComment) != 0 {
			return
		}
		var flags Flags
		n := 0
		for rest := sql; ; n++ {
			info, _, behind := First(rest, Options(opts))
			if info.Statements == 0 {
				break
			}
			flags |= info.Flags
			rest = behind
		}
		if n > 1 {
			flags |= MultiStatement
		}
		if n != whole.Statements || flags != whole.Flags {
			t.Errorf("%q: %d statements, %v; Scan: %d, %v", sql, n, flags, whole.Statements, whole.Flags)
		}
	})
}
