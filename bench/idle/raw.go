package main

import (
	"bytes"
	"encoding/csv"
	"strconv"

	"parkway/bench/figures"
)

// raw is the CSV of the sweep, a line for each number of clients in each mode: of each figure the median, the lowest and the highest round.
func (r report) raw() ([]byte, error) {
	columns := []struct {
		name string
		of   func(point) figures.Spread
	}{
		{"resident_bytes", func(p point) figures.Spread { return p.rss }},
		{"resident_collected_bytes", func(p point) figures.Spread { return p.collected }},
		{"heap_bytes", func(p point) figures.Spread { return p.heap }},
		{"quiet_cpu_percent", func(p point) figures.Spread { return p.idle }},
		{"logins_per_second", func(p point) figures.Spread { return p.logins }},
		{"queries_per_second", func(p point) figures.Spread { return p.load.qps }},
		{"p95_ms", func(p point) figures.Spread { return p.load.p95 }},
		{"cpu_us_per_query", func(p point) figures.Spread { return p.load.cpu }},
	}
	head := []string{"idle_loops", "clients"}
	for _, c := range columns {
		head = append(head, c.name, c.name+"_low", c.name+"_high")
	}
	rows := [][]string{head}
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	for _, p := range r.points {
		row := []string{string(p.mode), strconv.Itoa(p.clients)}
		for _, c := range columns {
			s := c.of(p)
			row = append(row, number(s.Median), number(s.Low), number(s.High))
		}
		rows = append(rows, row)
	}
	var b bytes.Buffer
	err := csv.NewWriter(&b).WriteAll(rows)
	return b.Bytes(), err
}
