package main

import (
	"bytes"
	"encoding/csv"
	"strconv"

	"parkway/bench/figures"
)

// raw is the CSV of the sweep, a line for each number of clients in each mode; of what was measured in windows the median and its
// confidence interval.
func (r report) raw() ([]byte, error) {
	rows := [][]string{{"idle_loops", "clients", "resident_bytes", "resident_collected_bytes", "heap_bytes", "quiet_cpu_percent", "quiet_cpu_percent_alone", "logins_per_second",
		"busy_cpu_us_per_query", "busy_cpu_us_per_query_low", "busy_cpu_us_per_query_high",
		"busy_cpu_times_alone", "busy_cpu_times_alone_low", "busy_cpu_times_alone_high",
		"busy_p50_times_alone", "busy_p50_times_alone_low", "busy_p50_times_alone_high",
		"busy_p50_us", "busy_p50_us_low", "busy_p50_us_high", "busy_p95_us", "busy_p95_us_low", "busy_p95_us_high"}}
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	for _, p := range r.points {
		row := []string{string(p.mode), strconv.Itoa(p.clients), number(p.rss), number(p.collected), number(p.heap), number(p.quiet), number(p.quietAlone), number(p.logins)}
		for _, s := range []figures.Spread{p.cpu, p.times.cpu, p.times.p50, p.p50, p.p95} {
			row = append(row, number(s.Median), number(s.Low), number(s.High))
		}
		rows = append(rows, row)
	}
	var b bytes.Buffer
	err := csv.NewWriter(&b).WriteAll(rows)
	return b.Bytes(), err
}
