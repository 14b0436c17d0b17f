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
	b.WriteString("# Parkway, HAProxy and no proxy, measured with sysbench\n\n")
	fmt.Fprintf(&b, "Written by `make bench`; every run is in [compare.csv](compare.csv).\n\n")
	b.WriteString("![queries per second and CPU per query](compare.png)\n\n")
	b.WriteString("## Goals\n\n" + r.verdicts() + "\n")
	b.WriteString("## Medians\n\n")
	fmt.Fprintf(&b, "Medians of %d interleaved rounds of %d s, and in parentheses the lowest and the highest round. "+
		"The 95th percentile is of a query in oltp_point_select and of a transaction in oltp_read_write. "+
		"CPU is user + system time of the proxy process (`/proc/PID/stat`) while sysbench's threads ran, "+
		"in microseconds per query.\n\n", r.options.rounds, r.options.seconds)
	b.WriteString(r.medians().Markdown(textColumns))
	if n := r.ignored(); n > 0 {
		fmt.Fprintf(&b, "\nsysbench repeated %d transactions after deadlocks or lock timeouts, in all runs together; they are in the figures.\n", n)
	}
	b.WriteString("\n## Ratios\n\nMedians of the ratios in each round, in which one target is measured right after the other. For queries/s more is better, for CPU per query less.\n\n")
	b.WriteString(r.ratios())
	b.WriteString(r.conditions(r.options.psMode))
	return b.String()
}

// conditions says where and how it was measured, with what value of --db-ps-mode.
func (r report) conditions(psMode string) string {
	var b strings.Builder
	b.WriteString("\n## Conditions\n\n")
	fmt.Fprintf(&b, "- date: %s\n", r.began.UTC().Format("2006-01-02 15:04 UTC"))
	fmt.Fprintf(&b, "- command: `go run ./bench/compare%s`\n", strings.Join(append([]string{""}, r.options.args...), " "))
	fmt.Fprintf(&b, "- machine: %d cores (%s), Linux %s, shared by sysbench, the server and the proxy; load average before: %s\n",
		r.machine.Cores, r.machine.CPU, r.machine.Kernel, r.machine.Load)
	fmt.Fprintf(&b, "- sysbench: %d tables of %d rows, `--db-ps-mode=%s`\n", sysbench.Tables, sysbench.TableRows, psMode)
	if r.options.profiles != "" {
		fmt.Fprintf(&b, "- CPU profiles of parkway were taken during the runs with %d threads: they cost a little themselves\n", profiledThreads)
	}
	for _, v := range r.versions {
		fmt.Fprintf(&b, "- %s: %s\n", v.name, v.text)
	}
	return b.String()
}

// textColumns is how many columns of the tables say what was measured, before the figures.
const textColumns = 3

func (r report) medians() figures.Table {
	t := figures.Table{{"workload", "threads", "target", "queries/s", "p95 ms", "CPU us/query"}}
	for _, c := range r.order() {
		s := r.cells[c]
		t = append(t, []string{c.workload, fmt.Sprint(c.threads), c.target,
			figures.WithRange(s.qps, figures.Count), figures.Decimals(s.p95.Median), figures.WithRange(s.cpu, figures.Decimals)})
	}
	return t
}

// ratios compares the targets in pairs, where both were measured: a table, or a line that says that there are none.
func (r report) ratios() string {
	t := figures.Table{{"workload", "threads", "of", "queries/s", "CPU/query"}}
	for _, c := range r.order() {
		for _, pair := range []struct{ of, over string }{
			{parkway, haproxy}, {parkway, direct}, {parkway, parkwayOld}, {parkwayOld, haproxy},
			{ruled, unruled}, {pure, unscripted}, {plain, unscripted}, {offload, beside},
		} {
			if c.target != pair.of {
				continue
			}
			qps, ok := ratio(r.cells, c, pair.over, qpsOf)
			if !ok {
				continue
			}
			row := []string{c.workload, fmt.Sprint(c.threads), pair.of + " / " + pair.over, fmt.Sprintf("%.2f", qps), "-"}
			if cpu, ok := ratio(r.cells, c, pair.over, cpuOf); ok {
				row[4] = fmt.Sprintf("%.2f", cpu)
			}
			t = append(t, row)
		}
	}
	if len(t) == 1 {
		return "No two targets that are compared were measured.\n"
	}
	return t.Markdown(textColumns)
}

// verdicts says of each goal whether it was reached, a line each.
func (r report) verdicts() string {
	var b strings.Builder
	for _, g := range goals {
		if g.over != haproxy && !slices.Contains(r.options.targets, g.of) {
			continue // asked for apart
		}
		v, ratio := g.judge(r.cells)
		fmt.Fprintf(&b, "- %s: ", g.describe())
		if v == figures.NotMeasured {
			fmt.Fprintf(&b, "%s\n", v)
		} else {
			fmt.Fprintf(&b, "%s (%.2f)\n", v, ratio)
		}
	}
	for _, e := range excesses {
		if !slices.Contains(r.options.targets, e.of) {
			continue
		}
		v, more := e.judge(r.cells)
		fmt.Fprintf(&b, "- %s: %s (%.2f)\n", e.describe(), v, more)
	}
	return b.String()
}

// order lists the cells as the tables show them.
func (r report) order() []cell {
	var cells []cell
	for _, workload := range r.options.workloads {
		for _, n := range slices.Sorted(slices.Values(r.options.threads)) {
			for _, target := range r.options.targets {
				cells = append(cells, cell{workload, n, target})
			}
		}
	}
	return cells
}

func (r report) ignored() (n int64) {
	for _, s := range r.cells {
		n += s.ignored
	}
	return n
}
