package e2e

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/protocol"
)

var longRun = flag.Bool("long", false, "the large result of TestScriptLargeResult has 2 GB")

// A result that a script changes row by row passes through without being held.
func TestScriptLargeResult(t *testing.T) {
	total := int64(96 << 20)
	if *longRun {
		total = 2 << 30
	}
	const most, rowSize = 64 << 20, 2000
	digits(t)
	p, s := scriptedProxy(t, `function onResult(q, result) { result.map(row => { row.id = -row.id }) }`)
	query := fmt.Sprintf(`SELECT a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d + 100000 * f.d + 1000000 * g.d AS id, REPEAT('x', %d) AS text
		FROM script_digits a, script_digits b, script_digits c, script_digits d, script_digits e, script_digits f, script_digits g LIMIT %d`, rowSize, total/rowSize)
	c, err := s.connect(t, "app", "app")
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	highest, stop := watchRSS(t, p)
	if err := c.WriteCommand(protocol.ComQuery, []byte(query)...); err != nil {
		t.Fatal(err)
	}
	rows, bytes := 0, int64(0)
	for {
		row, err := c.ReadPacket()
		if err != nil {
			t.Fatalf("behind %d rows: %v", rows, err)
		}
		if row[0] == 0xff {
			t.Fatalf("behind %d rows: %q", rows, row)
		}
		if len(row) > rowSize {
			rows, bytes = rows+1, bytes+int64(len(row))
		} else if row[0] == 0xfe && rows > 0 {
			break
		}
	}
	stop()
	t.Logf("%d rows, %d MiB in %v; resident memory: %.1f MiB at most", rows, bytes>>20, time.Since(began).Round(time.Millisecond), float64(*highest)/(1<<20))
	if int64(rows) != total/rowSize {
		t.Errorf("%d rows, want %d", rows, total/rowSize)
	}
	if *highest > most && !proxy.AsThis().Race {
		t.Errorf("the proxy has taken %d MiB", *highest>>20)
	}
}

// watchRSS notes the highest resident memory of a proxy until stop is called.
func watchRSS(t *testing.T, p *proxy.Proxy) (highest *int64, stop func()) {
	t.Helper()
	highest = new(int64)
	done, ended := make(chan struct{}), make(chan struct{})
	look := func() {
		n, err := p.RSS()
		if err != nil {
			t.Error(err)
		}
		*highest = max(*highest, n)
	}
	go func() {
		defer close(ended)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			look()
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	}()
	return highest, func() {
		close(done)
		<-ended
	}
}
