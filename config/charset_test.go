package config

import "testing"

func TestCharsetID(t *testing.T) {
	for _, test := range []struct {
		name string
		id   byte
		ok   bool
	}{
		{"utf8mb4", 45, true},
		{"utf8mb4_bin", 46, true},
		{"utf8mb4_0900_ai_ci", 255, true},
		{"utf8", 33, true},
		{"utf8_bin", 83, true},
		{"utf8mb3", 33, true},
		{"utf8mb3_general_ci", 33, true},
		{"latin1", 8, true},
		{"ascii", 11, true},
		{"binary", 63, true},
		{"gbk", 28, true},
		{"ucs2", 0, false},
		{"utf16", 0, false},
		{"utf32_bin", 0, false},
		{"UTF8MB4", 0, false},
		{"utf8mb5", 0, false},
		{"", 0, false},
	} {
		if id, ok := CharsetID(test.name); id != test.id || ok != test.ok {
			t.Errorf("CharsetID(%q) = %d, %v; want %d, %v", test.name, id, ok, test.id, test.ok)
		}
	}
}
