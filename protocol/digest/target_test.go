package digest

import "testing"

func TestKillTarget(t *testing.T) {
	for _, test := range []struct {
		sql  string
		want Kill
		ok   bool
	}{
		{"KILL 5", Kill{ID: 5}, true},
		{"KILL '5'", Kill{ID: 5}, true},
		{"kill /* x */ connection 12 ; -- y", Kill{ID: 12}, true},
		{"KILL QUERY 18446744073709551615", Kill{ID: 18446744073709551615, Query: true}, true},
		{"KILL HARD CONNECTION 5", Kill{ID: 5}, true},
		{"KILL SOFT QUERY 5", Kill{ID: 5, Query: true, Soft: true}, true},
		{"KILL CONNECTION_ID()", Kill{Own: true}, true},
		{"KILL QUERY connection_id ( )", Kill{Own: true, Query: true}, true},
		{"KILL QUERY ?", Kill{Param: true, Query: true}, true},
		{sql: "KILL QUERY ID 5"},
		{sql: "KILL USER a"},
		{sql: "KILL CONNECTION_ID(1)"},
		{sql: "KILL CONNECTION_ID"},
		{sql: "KILL CONNECTION_ID()+1"},
		{sql: "KILL 5+1"},
		{sql: "KILL '5"},
		{sql: "KILL '"},
		{sql: "KILL 0x5"},
		{sql: "KILL 18446744073709551616"},
		{sql: "KILL -5"},
		{sql: "KILL 5; KILL 6"},
		{sql: "KILL /*!50000 QUERY */ 5"},
		{sql: "KILL"},
		{sql: "SELECT 5"},
	} {
		if got, ok := KillTarget([]byte(test.sql)); got != test.want || ok != test.ok {
			t.Errorf("%s: %+v, %v", test.sql, got, ok)
		}
	}
}

// Nothing that runs for each query allocates.
func TestNoAllocation(t *testing.T) {
	sql, set := []byte(hibernate+" /*+ x */ /*!50000 FOR UPDATE */"), []byte("SET @a=1, @b='x'")
	dst := make([]byte, 0, 1000)
	if n := testing.AllocsPerRun(100, func() {
		Scan(sql, 0)
		Scan(set, DoubleByte)
		dst = AppendText(dst[:0], sql, AnsiQuotes)
		dst = AppendHash(dst[:0], 5)
		Assignments(set, 0, func(Assignment) bool { return true })
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
