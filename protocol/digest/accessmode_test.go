package digest

import "testing"

func TestBeginsWith(t *testing.T) {
	for sql, want := range map[string]AccessMode{
		"BEGIN":                             AccessUnsaid,
		"START TRANSACTION":                 AccessUnsaid,
		"START TRANSACTION READ ONLY":       ReadOnly,
		"start transaction read /**/ write": ReadWrite,
		"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY": ReadOnly,
		"START TRANSACTION READ, ONLY":                          AccessUnsaid,
		"BEGIN; SELECT 'read only'":                             AccessUnsaid,
	} {
		if got := BeginsWith([]byte(sql), 0); got != want {
			t.Errorf("%s: %d, want %d", sql, got, want)
		}
	}
}
