package sysbench

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Result is what sysbench reports at the end of a run.
type Result struct {
	Queries    int64   // of all kinds, begin and commit included
	QPS        float64 // queries per second
	P95        float64 // ms of one event: a query in oltp_point_select, a transaction in oltp_read_write
	Ignored    int64   // events repeated because of an error that sysbench expects under load: a deadlock, a lock timeout
	Reconnects int64
}

// Lines of sysbench 1.0's report.
var (
	queriesLine    = regexp.MustCompile(`(?m)^\s*queries:\s+(\d+)\s+\(([\d.]+) per sec\.\)`)
	percentileLine = regexp.MustCompile(`(?m)^\s*95th percentile:\s+([\d.]+)`)
	ignoredLine    = regexp.MustCompile(`(?m)^\s*ignored errors:\s+(\d+)`)
	reconnectsLine = regexp.MustCompile(`(?m)^\s*reconnects:\s+(\d+)`)
)

// parseResult reads the last report of a run that ended well. A run without queries or with reconnects is an error: it
// would be measured as a fast one.
func parseResult(text string) (Result, error) {
	var r Result
	text = text[max(0, strings.LastIndex(text, reportLine)):]
	fields := []struct {
		name  string
		line  *regexp.Regexp
		parse func(groups []string) error
	}{
		{"queries", queriesLine, func(g []string) error { return scan(g, &r.Queries, &r.QPS) }},
		{"95th percentile", percentileLine, func(g []string) error { return scan(g, &r.P95) }},
		{"ignored errors", ignoredLine, func(g []string) error { return scan(g, &r.Ignored) }},
		{"reconnects", reconnectsLine, func(g []string) error { return scan(g, &r.Reconnects) }},
	}
	for _, f := range fields {
		groups := f.line.FindStringSubmatch(text)
		if groups == nil {
			return Result{}, fmt.Errorf("sysbench's report has no line %q:\n%s", f.name, text)
		}
		if err := f.parse(groups[1:]); err != nil {
			return Result{}, fmt.Errorf("sysbench's report, %s: %w", f.name, err)
		}
	}
	switch {
	case r.Queries == 0 || r.QPS == 0:
		return Result{}, fmt.Errorf("sysbench made no queries:\n%s", text)
	case r.Reconnects > 0:
		return Result{}, fmt.Errorf("sysbench lost %d connections:\n%s", r.Reconnects, text)
	}
	return r, nil
}

// scan parses each group into the number at the same place: *int64 or *float64.
func scan(groups []string, into ...any) (err error) {
	for i, group := range groups {
		switch v := into[i].(type) {
		case *int64:
			*v, err = strconv.ParseInt(group, 10, 64)
		case *float64:
			*v, err = strconv.ParseFloat(group, 64)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fatalLines returns the different errors in the output of a sysbench that gave up, at most ten: every thread repeats
// them.
func fatalLines(text string) string {
	const most = 10
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if (strings.HasPrefix(line, "FATAL") || strings.HasPrefix(line, "ALERT")) && !slices.Contains(lines, line) && len(lines) < most {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return strings.TrimSpace(text)
	}
	return strings.Join(lines, "\n")
}
