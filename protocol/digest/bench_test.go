package digest

import (
	"bytes"
	"fmt"
	"testing"
)

const pointSelect = "SELECT c FROM sbtest1 WHERE id=5024"

func BenchmarkScan(b *testing.B) {
	var rows, ids bytes.Buffer
	rows.WriteString("INSERT INTO sbtest1 (id, k, c, pad) VALUES ")
	for i := range 1000 {
		fmt.Fprintf(&rows, "(%d, %d, '%032d', '%064d'),", i, i*7, i, i)
	}
	rows.Truncate(rows.Len() - 1)
	ids.WriteString("SELECT * FROM t WHERE id IN (")
	for i := range 10000 {
		fmt.Fprintf(&ids, "%d, ", i+100000)
	}
	ids.WriteString("1)")
	long := "INSERT INTO t VALUES ('" + string(bytes.Repeat([]byte("the quick brown fox jumps "), 4000)) + "')"
	for _, bench := range []struct{ name, sql string }{
		{"point", pointSelect},
		{"update", "UPDATE sbtest1 SET k=k+1 WHERE id=5024"},
		{"range", "SELECT DISTINCT c FROM sbtest1 WHERE id BETWEEN 4992 AND 5091 ORDER BY c"},
		{"begin", "BEGIN"},
		{"names", "SET NAMES utf8mb4"},
		{"hibernate", hibernate},
		{"rows", rows.String()},
		{"ids", ids.String()},
		{"string", long},
	} {
		b.Run("parts of "+bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(bench.sql)))
			for b.Loop() {
				stream([]byte(bench.sql), 0, 64<<10)
			}
		})
		b.Run(bench.name, func(b *testing.B) {
			sql := []byte(bench.sql)
			b.SetBytes(int64(len(sql)))
			b.ReportAllocs()
			for b.Loop() {
				Scan(sql, 0)
			}
		})
	}
}

func BenchmarkAppendText(b *testing.B) {
	sql, dst := []byte(pointSelect), make([]byte, 0, 100)
	b.SetBytes(int64(len(sql)))
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendText(dst[:0], sql, 0)
	}
}

// hibernate is what Hibernate asks for one entity.
const hibernate = "select o1_0.id,o1_0.customer_id,c1_0.id,c1_0.email,c1_0.name,o1_0.created_at,o1_0.status,o1_0.total " +
	"from orders o1_0 left join customers c1_0 on c1_0.id=o1_0.customer_id where o1_0.status=? and o1_0.total>? " +
	"order by o1_0.created_at desc limit ?,?"
