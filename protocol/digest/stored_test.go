package digest

import "testing"

func TestCallsStored(t *testing.T) {
	for sql, want := range map[string]bool{
		"SELECT 1": false,
		"SELECT COUNT(*), Concat (a, 'f(1)') FROM t WHERE id IN (1, 2) AND (a = 1) /* f(1) */": false,
		"SELECT CAST(a AS DECIMAL(10,2)), IF(a, b, c), (SELECT 1) FROM (SELECT 1) x":           false,
		"SELECT SUM(a) OVER (PARTITION BY b) FROM t USE INDEX (i) JOIN u USING (id)":           false,
		"SELECT f(1)":                        true,
		"SELECT a FROM t WHERE remember (a)": true,
		"SELECT d.concat2(1)":                true,
		"SELECT `concat`(1)":                 true,
		"SELECT f":                           false,
	} {
		if got := CallsStored([]byte(sql), 0); got != want {
			t.Errorf("%s: %v", sql, got)
		}
	}
}

func BenchmarkCallsStored(b *testing.B) {
	sql := []byte("SELECT COUNT(*), SUM(k), c FROM sbtest1 WHERE id BETWEEN 1 AND 100 ORDER BY c")
	b.ReportAllocs()
	for b.Loop() {
		CallsStored(sql, 0)
	}
}
