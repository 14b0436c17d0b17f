package main

import (
	"bytes"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parkway/bench/figures"
	"parkway/bench/sysbench"
)

// measured is a report in which parkway is as fast as HAProxy and takes twice its CPU, for more rounds with 64 threads
// than with 8.
func measured(t *testing.T) report {
	t.Helper()
	opts := parsed(t, "-threads 8,64 -workloads oltp_point_select -rounds 2 -judged-rounds 6 -out "+t.TempDir())
	var samples []sample
	for _, r := range schedule(opts) {
		qps, cpu := 20_000.0, 15.25
		switch r.target {
		case direct:
			qps, cpu = 40_000, math.NaN()
		case parkway:
			cpu = 30.5
		}
		if r.target == parkway && r.round == 6 {
			cpu = 31
		}
		qps += 1000 * float64(r.round)
		samples = append(samples, sample{r, sysbench.Result{Queries: 7, QPS: qps, P95: 4, Ignored: 1}, cpu})
	}
	return report{
		began:    time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		options:  opts,
		machine:  figures.Machine{CPU: "Some CPU", Cores: 2, Kernel: "6.1", Load: "0.1 0.2 0.3"},
		versions: []version{{"server", "10.11-MariaDB"}},
		samples:  samples,
		cells:    summarize(samples),
	}
}

func TestPublish(t *testing.T) {
	r := measured(t)
	var printed bytes.Buffer
	if err := r.publish(&printed); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(r.options.out, "compare.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| oltp_point_select | text     | 8       | direct  |      2 | 41,500 (41,000 to 42,000) |    4.0 |                   - |",
		"| oltp_point_select | text     | 64      | parkway |      6 | 23,500 (21,000 to 26,000) |    4.0 | 30.5 (30.5 to 31.0) |",
		"| oltp_point_select | text     | 8       | parkway / haproxy |      2 |                1.00 |            1.00 |                2.00 |                  15.25 |",
		"| oltp_point_select | text     | 64      | parkway / haproxy |      6 |                1.00 |            1.00 | 2.00 (2.00 to 2.03) | 15.25 (15.25 to 15.75) |",
		"| oltp_point_select | text     | 64      | parkway / direct  |      6 | 0.54 (0.51 to 0.57) |",
		"CPU per query of parkway at most 1.25 x that of haproxy: MISSED, 2.00 (2.00 to 2.03) in 6 rounds",
		"queries/s of parkway at least 0.95 x that of haproxy: reached, 1.00 in 6 rounds",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("compare.md does not say %q:\n%s", want, text)
		}
		if !strings.Contains(printed.String(), want) {
			t.Errorf("not printed: %q:\n%s", want, printed.String())
		}
	}
	for _, want := range []string{
		"# Measured with sysbench: direct, parkway, haproxy\n", "2 cores (Some CPU), Linux 6.1", "2026-01-02 03:04 UTC",
		"`go run ./bench/compare -threads 8,64", "- server: 10.11-MariaDB", "repeated 24 transactions",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("compare.md does not say %q:\n%s", want, text)
		}
	}
	image, err := os.Open(filepath.Join(r.options.out, "compare.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer image.Close()
	if _, err := png.Decode(image); err != nil {
		t.Errorf("compare.png: %v", err)
	}
}

func TestReportWithoutPairs(t *testing.T) {
	r := measured(t)
	r.options.targets = []string{direct}
	if got := r.ratios(); !strings.HasPrefix(got, "No two targets") {
		t.Errorf("ratios of one target: %q", got)
	}
}

func TestPlotNeedsNoProxy(t *testing.T) {
	r := measured(t)
	r.options.targets = []string{direct}
	if _, err := r.plot(); err != nil {
		t.Errorf("a panel without bars: %v", err)
	}
}

func TestRawResults(t *testing.T) {
	got, err := rawResults(measured(t).samples[:7])
	if err != nil {
		t.Fatal(err)
	}
	want := `round,workload,protocol,threads,target,queries,queries_per_second,p95_ms,cpu_us_per_query,ignored_errors
1,oltp_point_select,text,8,direct,7,41000.00,4.00,,1
1,oltp_point_select,text,8,parkway,7,21000.00,4.00,30.500,1
1,oltp_point_select,text,8,haproxy,7,21000.00,4.00,15.250,1
1,oltp_point_select,text,64,direct,7,41000.00,4.00,,1
1,oltp_point_select,text,64,parkway,7,21000.00,4.00,30.500,1
1,oltp_point_select,text,64,haproxy,7,21000.00,4.00,15.250,1
2,oltp_point_select,text,8,haproxy,7,22000.00,4.00,15.250,1
`
	if string(got) != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
