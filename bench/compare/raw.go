package main

import (
	"bytes"
	"encoding/csv"
	"math"
	"strconv"
)

// rawResults returns one CSV line a run, in the order of the runs. The CPU column is empty where there was no proxy.
func rawResults(samples []sample) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{{"round", "workload", "protocol", "threads", "target", "queries", "queries_per_second", "p95_ms",
		"cpu_us_per_query", "ignored_errors"}}
	for _, s := range samples {
		cpu := ""
		if !math.IsNaN(s.cpu) {
			cpu = strconv.FormatFloat(s.cpu, 'f', 3, 64)
		}
		rows = append(rows, []string{
			strconv.Itoa(s.round), s.workload, s.protocol(), strconv.Itoa(s.threads), s.target,
			strconv.FormatInt(s.Queries, 10), strconv.FormatFloat(s.QPS, 'f', 2, 64),
			strconv.FormatFloat(s.P95, 'f', 2, 64), cpu, strconv.FormatInt(s.Ignored, 10),
		})
	}
	err := w.WriteAll(rows)
	return b.Bytes(), err
}
