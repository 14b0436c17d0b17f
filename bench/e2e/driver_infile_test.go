package e2e

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-sql-driver/mysql"

	"parkway/bench/proxy"
)

func TestDriverInfile(t *testing.T) {
	line := strings.Repeat("x", 1<<20)
	large := func() io.Reader { // 30 MB, of which a read gives what it likes
		var b bytes.Buffer
		for range 30 {
			b.WriteString("7\t" + line + "\n")
		}
		return &b
	}
	readers := []struct {
		name string
		file func() io.Reader // nil: not registered
	}{
		{"small", func() io.Reader { return strings.NewReader("1\ta\n2\t\\N\n3\tc") }},
		{"empty", func() io.Reader { return strings.NewReader("") }},
		{"byte by byte", func() io.Reader { return iotest.OneByteReader(strings.NewReader("4\tslow\n5\tslower\n")) }},
		{"large", large},
		{"missing", nil},
		{"bad rows", func() io.Reader { return strings.NewReader("one\ta\nextra\tb\tc\n9") }},
		{"broken", func() io.Reader {
			return io.MultiReader(strings.NewReader("6\tcut\n7\tin the mid"), iotest.ErrReader(errors.New("the disk is gone")))
		}},
		{"broken late", func() io.Reader { return io.MultiReader(large(), iotest.ErrReader(errors.New("the disk is gone"))) }},
	}
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			name := "e2e " + r.name
			if r.file != nil {
				mysql.RegisterReaderHandler(name, r.file)
				defer mysql.DeregisterReaderHandler(name)
			}
			same(t, func(t *testing.T, s side, seen *transcript) {
				ctx := proxy.Limited(t, patience)
				c := s.session(t, "")
				play(ctx, c, seen, []step{
					{"DROP TABLE IF EXISTS loaded", nil},
					{"CREATE TABLE loaded (id INT AUTO_INCREMENT PRIMARY KEY, n INT, v LONGTEXT) ENGINE=MyISAM", nil},
					{"LOAD DATA LOCAL INFILE 'Reader::" + name + "' INTO TABLE loaded (n, v)", nil},
					{"SHOW WARNINGS", nil},
					{"SELECT COUNT(*), SUM(n), SUM(LENGTH(v)), SHA2(GROUP_CONCAT(SHA2(v, 256) ORDER BY id), 256) FROM loaded", nil},
					{"LOAD DATA LOCAL INFILE 'Reader::" + name + "' INTO TABLE missing", nil},
					{"SELECT 'still here'", nil},
					{"DROP TABLE loaded", nil},
				})
			})
		})
	}
}

// A server that fails in the middle of a file answers when it has read the rest.
func TestDriverInfileRefusedInTheMiddle(t *testing.T) {
	mysql.RegisterReaderHandler("e2e refused", func() io.Reader { return strings.NewReader(strings.Repeat(wideLine, 8<<10)) })
	defer mysql.DeregisterReaderHandler("e2e refused")
	same(t, func(t *testing.T, s side, seen *transcript) {
		play(proxy.Limited(t, patience), s.session(t, ""), seen, []step{
			{"SET max_heap_table_size = 16384", nil},
			{"DROP TABLE IF EXISTS refused", nil},
			{"CREATE TABLE refused (n INT, v VARCHAR(1024)) ENGINE=MEMORY", nil},
			{"LOAD DATA LOCAL INFILE 'Reader::e2e refused' INTO TABLE refused", nil},
			{"SELECT COUNT(*) > 0 FROM refused", nil},
			{"DROP TABLE refused", nil},
		})
	})
}

// wideLine is 1 KiB of a file.
var wideLine = "1\t" + strings.Repeat("w", 1021) + "\n"

// A client that leaves in the middle of its file takes the statement with it.
func TestDriverInfileAbandoned(t *testing.T) {
	same(t, func(t *testing.T, s side, seen *transcript) {
		ctx, cancel := context.WithCancel(proxy.Limited(t, patience))
		mysql.RegisterReaderHandler("e2e abandoned", func() io.Reader {
			return io.MultiReader(strings.NewReader(strings.Repeat(wideLine, 2<<10)), readerFunc(func([]byte) (int, error) {
				cancel()
				<-ctx.Done()
				return 0, ctx.Err()
			}))
		})
		defer mysql.DeregisterReaderHandler("e2e abandoned")
		db := s.open(t, "")
		play(proxy.Limited(t, patience), s.session(t, ""), seen, []step{
			{"DROP TABLE IF EXISTS abandoned", nil},
			{"CREATE TABLE abandoned (n INT, v VARCHAR(1024))", nil},
		})
		_, err := db.ExecContext(ctx, "LOAD DATA LOCAL INFILE 'Reader::e2e abandoned' INTO TABLE abandoned")
		seen.addf("canceled: %t", errors.Is(err, context.Canceled))
		root := shared(t).cluster.Servers[0].DB()
		await(t, "the statement has ended", func() bool {
			var running int
			err := root.QueryRowContext(t.Context(),
				"SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'LOAD DATA%abandoned%'").Scan(&running)
			return err == nil && running == 0
		})
		play(proxy.Limited(t, patience), s.session(t, ""), seen, []step{{"SELECT 'served'", nil}})
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
