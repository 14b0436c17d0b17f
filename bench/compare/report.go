package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"parkway/bench/figures"
	"parkway/bench/sysbench"
)

// report is everything that the result files say.
type report struct {
	began    time.Time
	options  options
	machine  figures.Machine
	versions []version
	samples  []sample
	cells    map[cell]summary
}

// publish writes compare.md, compare.png and compare.csv into the folder of the options, and the tables to w.
func (r report) publish(w io.Writer) error {
	if err := os.MkdirAll(r.options.out, 0o755); err != nil {
		return err
	}
	csv, err := rawResults(r.samples)
	if err != nil {
		return err
	}
	png, err := r.plot()
	if err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	for _, file := range []struct {
		name string
		data []byte
	}{
		{"compare.csv", csv},
		{"compare.png", png},
		{"compare.md", []byte(r.markdown())},
	} {
		if err := os.WriteFile(filepath.Join(r.options.out, file.name), file.data, 0o644); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(w, "\n%s\n%s\n%s\nwritten to %s\n",
		r.medians().Markdown(textColumns), r.ratios(), r.verdicts(), r.options.out)
	return err
}

// markdown is the text of compare.md.
func (r report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Measured with sysbench: %s\n\n", strings.Join(r.options.targets, ", "))
	b.WriteString("Written by `go run ./bench/compare`, where target.go says what the targets are; every run is in [compare.csv](compare.csv).\n\n")
	b.WriteString("![queries per second and CPU per query](compare.png)\n\n")
	fmt.Fprintf(&b, "## Goals\n\nWith %d threads, by the ratios below: UNDECIDED where the confidence interval has the bound within it.\n\n", goalThreads)
	b.WriteString(r.verdicts())
	fmt.Fprintf(&b, "\n## Medians\n\nOf interleaved rounds of %d s, each with a process of its own that has been asked for a second before, and in parentheses the lowest and the highest round. "+
		"The 95th percentile is of a query in oltp_point_select and of a transaction in oltp_read_write. "+
		"CPU is user + system time of the proxy process while sysbench's threads ran, in microseconds per query.\n\n", r.options.seconds)
	b.WriteString(r.medians().Markdown(textColumns))
	if n := r.ignored(); n > 0 {
		fmt.Fprintf(&b, "\nsysbench repeated %d transactions after deadlocks or lock timeouts, in all runs together; they are in the figures.\n", n)
	}
	b.WriteString("\n## Ratios\n\nMedians of the ratios in each round, in which one target is measured right after the other, and in parentheses " +
		"their 95 % confidence intervals, for which it takes 6 rounds; \"CPU us more\" is the difference per query instead. " +
		"For queries/s more is better, for the others less.\n\n")
	b.WriteString(r.ratios())
	b.WriteString(r.conditions())
	return b.String()
}

// conditions says where and how it was measured.
func (r report) conditions() string {
	var b strings.Builder
	b.WriteString("\n## Conditions\n\n")
	fmt.Fprintf(&b, "- date: %s\n", r.began.UTC().Format("2006-01-02 15:04 UTC"))
	fmt.Fprintf(&b, "- command: `go run ./bench/compare%s`\n", strings.Join(append([]string{""}, r.options.args...), " "))
	fmt.Fprintf(&b, "- machine: %d cores (%s), Linux %s, shared by sysbench, the server and the proxy; load average before: %s\n",
		r.machine.Cores, r.machine.CPU, r.machine.Kernel, r.machine.Load)
	fmt.Fprintf(&b, "- sysbench: %d tables of %d rows; text is `--db-ps-mode=disable`, prepared is `auto`\n", sysbench.Tables, sysbench.TableRows)
	if r.options.profiles != "" {
		fmt.Fprintf(&b, "- CPU profiles of parkway were taken during the runs with %d threads: they cost a little themselves\n", goalThreads)
	}
	for _, v := range r.versions {
		fmt.Fprintf(&b, "- %s: %s\n", v.name, v.text)
	}
	return b.String()
}

// textColumns is how many columns of the tables say what was measured, before the figures.
const textColumns = 4

func (r report) medians() figures.Table {
	t := figures.Table{{"workload", "protocol", "threads", "target", "rounds", "queries/s", "p95 ms", "CPU us/query"}}
	for _, l := range r.options.loads() {
		for _, target := range r.options.targets {
			s := r.cells[cell{l, target}]
			t = append(t, []string{l.workload, l.protocol(), fmt.Sprint(l.threads), target, fmt.Sprint(len(s.rounds)),
				figures.WithRange(s.qps, figures.Count), figures.Decimals(s.p95.Median), figures.WithRange(s.cpu, figures.Decimals)})
		}
	}
	return t
}

// pairs are the targets that are compared.
var pairs = []struct{ of, over string }{
	{parkway, haproxy}, {parkway, direct}, {parkway, parkwayOld}, {parkwayOld, haproxy},
	{shared, parkway}, {ruled, unruled}, {pure, unscripted}, {plain, unscripted}, {offload, beside},
}

// ratios compares the targets in pairs, where both were measured: a table, or a line that says that there are none.
func (r report) ratios() string {
	t := figures.Table{{"workload", "protocol", "threads", "of", "rounds", qps.name, p95.name, cpuPerQuery.name, "CPU us more"}}
	for _, l := range r.options.loads() {
		for _, p := range pairs {
			if !slices.Contains(r.options.targets, p.of) || !slices.Contains(r.options.targets, p.over) {
				continue
			}
			speed := comparePair(r.cells, l, p.of, p.over, qps, times)
			row := []string{l.workload, l.protocol(), fmt.Sprint(l.threads), p.of + " / " + p.over, fmt.Sprint(speed.rounds)}
			for _, c := range []compared{
				speed, comparePair(r.cells, l, p.of, p.over, p95, times),
				comparePair(r.cells, l, p.of, p.over, cpuPerQuery, times), comparePair(r.cells, l, p.of, p.over, cpuPerQuery, more),
			} {
				row = append(row, figures.WithRange(c.Spread, figures.Hundredths))
			}
			t = append(t, row)
		}
	}
	if len(t) == 1 {
		return "No two targets that are compared were measured.\n"
	}
	return t.Markdown(textColumns)
}

func (r report) ignored() (n int64) {
	for _, s := range r.cells {
		n += s.ignored
	}
	return n
}
