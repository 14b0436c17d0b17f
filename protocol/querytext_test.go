package protocol

import "testing"

func TestQueryText(t *testing.T) {
	const attributes = ClientQueryAttributes
	for _, test := range []struct {
		name, hex string
		caps      Capability
		want      string
		bad       bool
	}{
		{"plain", "03 444f2031", 0, "DO 1", false},
		{"empty", "03", 0, "", false},
		{"no attributes", "03 00 01 444f2031", attributes, "DO 1", false},
		{"two attributes, one NULL", "03 02 01 02 01 0300 0161 fd00 0162 07000000 444f2031", attributes, "DO 1", false},
		{"every length", "03 07 01 00 01 0100 00 0200 00 0800 00 0400 00 0c00 00 fd00 00 0600 00 01 0102 0102030405060708 01020304 04 e9070101 02 6162 444f2031", attributes, "DO 1", false},
		{"mysql 9.7", "03 02 01 00 01 fe00 046e616d65 fe00 026e32 0376616c 023232 444f2031", attributes, "DO 1", false},
		{"another command", "16 444f2031", 0, "", true},
		{"nothing", "", attributes, "", true},
		{"no counts", "03", attributes, "", true},
		{"two sets", "03 00 02 44", attributes, "", true},
		{"types missing", "03 01 01 00 00 444f2031", attributes, "", true},
		{"cut in the types", "03 02 01 00 01 0300 0161", attributes, "", true},
		{"cut in the values", "03 01 01 00 01 0300 0161 0700", attributes, "", true},
		{"a count beyond reason", "03 feffffffffffffffff 01 00", attributes, "", true},
	} {
		got, err := QueryText(unhex(t, test.hex), test.caps)
		if string(got) != test.want || (err != nil) != test.bad {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
	}
}

func TestAppendQueryHead(t *testing.T) {
	for _, caps := range []Capability{0, ClientQueryAttributes} {
		p := append(AppendQueryHead([]byte("before"), caps), "DO 1"...)
		if got, err := QueryText(p[len("before"):], caps); string(got) != "DO 1" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
}

func FuzzQueryText(f *testing.F) {
	f.Add(unhex(f, "03 02 01 02 01 0300 0161 fd00 0162 07000000 444f2031"))
	f.Fuzz(func(t *testing.T, p []byte) {
		if sql, err := QueryText(p, ClientQueryAttributes); err == nil && len(sql) > len(p)-3 {
			t.Errorf("%d of %d bytes", len(sql), len(p))
		}
	})
}

func TestTextRow(t *testing.T) {
	p := AppendTextRow(nil, []byte("a"), nil, []byte{})
	if string(p) != "\x01a\xfb\x00" {
		t.Fatalf("%q", p)
	}
	values, err := ReadTextRow(nil, p)
	if err != nil || len(values) != 3 || string(values[0]) != "a" || values[1] != nil || values[2] == nil {
		t.Errorf("%q, %v", values, err)
	}
	if values, err := ReadTextRow(nil, []byte("\x02a")); err == nil {
		t.Errorf("%q", values)
	}
}

func FuzzTextRow(f *testing.F) {
	f.Add([]byte("\x01a\xfb\x00"))
	f.Fuzz(func(t *testing.T, p []byte) {
		values, err := ReadTextRow(nil, p)
		if err != nil {
			return
		}
		again, err := ReadTextRow(nil, AppendTextRow(nil, values...))
		if err != nil || len(again) != len(values) {
			t.Errorf("%q became %q, %v", values, again, err)
		}
	})
}
