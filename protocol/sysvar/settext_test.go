package sysvar

import "testing"

func TestNamesCollation(t *testing.T) {
	for _, test := range []struct {
		sql, want string
		ok        bool
	}{
		{"SET NAMES utf8mb4", "", true},
		{"set names 'utf8mb4' collate 'utf8mb4_unicode_ci'", "utf8mb4_unicode_ci", true},
		{"SET NAMES utf8mb4 COLLATE utf8mb4_bin, time_zone='+00:00'", "utf8mb4_bin", true},
		{"SET time_zone=concat('+00',':00'), NAMES \"latin1\" COLLATE `latin1_bin`", "latin1_bin", true},
		{"SET NAMES utf8mb4 COLLATE DEFAULT", "", true},
		{"SET NAMES utf8mb4 COLLATE utf8mb4_bin, NAMES latin1", "", true},
		{"SET CHARACTER SET latin1", "", false},
		{"SET CHARSET latin1, NAMES latin1 COLLATE latin1_bin", "latin1_bin", true},
		{"SET NAMES latin1, character_set_results = utf8mb4", "", true},
		{"SET NAMES utf8mb4 COLLATE utf8mb4_bin;", "utf8mb4_bin", true},
		{"SET NAMES utf8mb4 /*!50000 COLLATE utf8mb4_bin */", "", false},
		{"SET NAMES utf8mb4 COLLATE", "", false},
		{"SET NAMES ?", "", false},
		{"SET NAMES utf8mb4; SET NAMES latin1", "", false},
		{"SELECT 1", "", false},
	} {
		got, ok := NamesCollation([]byte(test.sql), 0)
		if ok != test.ok || ok && string(got) != test.want {
			t.Errorf("%s: %q, %v", test.sql, got, ok)
		}
	}
}

func TestWithNames(t *testing.T) {
	in := NewInterner()
	for _, test := range []struct{ results, collation, want string }{
		{"utf8mb4", "UTF8MB4_bin", "character_set_results=utf8mb4 collation_connection=utf8mb4_bin collation_results=utf8mb4_bin"},
		{"utf8mb4", "uca1400_ai_ci", "character_set_results=utf8mb4 collation_connection=uca1400_ai_ci collation_results=uca1400_ai_ci"},
		{"binary", "binary", "character_set_results=binary collation_connection=binary collation_results=binary"},
		{"latin1", "utf8mb4_bin", "character_set_results=latin1 collation_connection=utf8mb4_bin"},
		{"", "utf8mb4_bin", "character_set_results= collation_connection=utf8mb4_bin"},
	} {
		if got := show(in.WithNames(with(in, "character_set_results="+test.results), []byte(test.collation))); got != test.want {
			t.Errorf("%s after %s: %s, want %s", test.collation, test.results, got, test.want)
		}
	}
	if got := show(in.WithNames(with(in, "character_set_client=utf8mb4", "character_set_results=latin1"), []byte("utf8mb4_bin"))); got !=
		"character_set_client=utf8mb4 character_set_results=latin1 collation_client=utf8mb4_bin collation_connection=utf8mb4_bin" {
		t.Errorf("the client's alone: %s", got)
	}
	if s := with(in, "character_set_results=utf8mb4"); show(in.With(in.WithNames(s, []byte("utf8mb4_bin")), []byte("character_set_results"), []byte("utf8mb4"))) !=
		"character_set_results=utf8mb4 collation_connection=utf8mb4_bin" {
		t.Error("a report of character_set_results leaves the collation of results")
	}
}
