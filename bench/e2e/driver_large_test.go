package e2e

import (
	"crypto/sha256"
	"database/sql"
	"math/rand/v2"
	"strings"
	"testing"

	"parkway/bench/proxy"
)

const blobSize = 40 << 20

// A LONGBLOB of 40 MB, three packets long, there and back.
func TestDriverLargeBlob(t *testing.T) {
	blob := make([]byte, blobSize)
	rand.NewChaCha8([32]byte{1}).Read(blob)
	want := sha256.Sum256(blob)
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			proxied := sides(t)[1]
			c := proxied.session(t, mode.params+"maxAllowedPacket=0")
			ctx := proxy.Limited(t, 3*patience)
			exec := func(query string, args ...any) {
				t.Helper()
				if _, err := c.ExecContext(ctx, query, args...); err != nil {
					t.Fatal(err)
				}
			}
			exec("DROP TABLE IF EXISTS large")
			exec("CREATE TABLE large (id INT, v LONGBLOB) ENGINE=MyISAM")
			exec("INSERT INTO large VALUES (?, ?)", 1, blob)
			rows, err := c.QueryContext(ctx, "SELECT v FROM large WHERE id = ?", 1)
			if err != nil {
				t.Fatal(err)
			}
			var got sql.RawBytes
			if !rows.Next() || rows.Scan(&got) != nil || sha256.Sum256(got) != want {
				t.Errorf("%d bytes of %d, or not the same: %v", len(got), blobSize, rows.Err())
			}
			if err := rows.Close(); err != nil {
				t.Error(err)
			}
			exec("DROP TABLE large")
		})
	}
}

// Statements and rows whose packets end just before, at and after the border of
// 16 MiB, where another packet follows.
func TestDriverPacketBorder(t *testing.T) {
	const border = 1<<24 - 1
	tests := []struct {
		name, head, tail string
		overhead         int // what the packet has beside the value
	}{
		{"statement", "SELECT LENGTH('", "')", len("\x03SELECT LENGTH('')")},
		{"row", "SELECT '", "'", 4}, // the value's length in 4 bytes
	}
	same(t, func(t *testing.T, s side, seen *transcript) {
		c := s.session(t, "maxAllowedPacket=0")
		ctx := proxy.Limited(t, 3*patience)
		for _, test := range tests {
			for size := border - 1; size <= border+1; size++ {
				value := strings.Repeat("v", size-test.overhead)
				rows, err := c.QueryContext(ctx, test.head+value+test.tail)
				if seen.failed(test.name, err) {
					continue
				}
				var got sql.RawBytes
				rows.Next()
				err = rows.Scan(&got)
				seen.addf("%s of %d bytes: %s %v", test.name, size, show([]byte(got)), err)
				rows.Close()
			}
		}
	})
}

// A result of very many rows.
func TestDriverManyRows(t *testing.T) {
	same(t, func(t *testing.T, s side, seen *transcript) {
		c := s.session(t, "")
		ctx := proxy.Limited(t, patience)
		rows, err := c.QueryContext(ctx, `WITH RECURSIVE n AS (SELECT 0 AS a UNION ALL SELECT a + 1 FROM n WHERE a < 999)
			SELECT x.a * 1000 + y.a, REPEAT('r', y.a % 200) FROM n x, n y WHERE x.a < 200 ORDER BY 1`)
		if seen.failed("many rows", err) {
			return
		}
		defer rows.Close()
		hash, count := sha256.New(), 0
		for rows.Next() {
			var n, text sql.RawBytes
			if seen.failed("scan", rows.Scan(&n, &text)) {
				return
			}
			hash.Write(n)
			hash.Write(text)
			count++
		}
		seen.failed("many rows", rows.Err())
		seen.addf("%d rows, %x", count, hash.Sum(nil))
	})
}
