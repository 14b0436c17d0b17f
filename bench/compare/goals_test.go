package main

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"parkway/bench/figures"
	"parkway/bench/sysbench"
	"parkway/config"
)

// judged is a load of which goals are judged.
var judged = load{"oltp_point_select", "disable", goalThreads}

// rounds are samples of one target under the judged load, with these figures in each.
func rounds(target string, values ...float64) (samples []sample) {
	for i, x := range values {
		samples = append(samples, sample{run{cell{judged, target}, i + 1}, sysbench.Result{QPS: x, P95: x}, x})
	}
	return samples
}

func TestJudge(t *testing.T) {
	times125 := goal{parkway, haproxy, cpuPerQuery, atMost, 1.25, times}
	times095 := goal{parkway, haproxy, qps, atLeast, 0.95, times}
	more25 := goal{parkway, haproxy, cpuPerQuery, atMost, 2.5, more}
	for name, test := range map[string]struct {
		goal    goal
		parkway []float64 // where HAProxy's are 10
		want    figures.Verdict
	}{
		"CPU below":            {times125, []float64{12, 11, 12.5, 12, 12, 12}, figures.Reached},
		"CPU above":            {times125, []float64{13, 12.6, 12.7, 20, 13, 13}, figures.Missed},
		"CPU here and there":   {times125, []float64{13, 12, 12, 12, 12, 12}, figures.Undecided},
		"fast enough":          {times095, []float64{10, 9.5, 11, 12, 10, 10}, figures.Reached},
		"slow":                 {times095, []float64{9, 9, 9.4, 9, 9, 9}, figures.Missed},
		"slow now and then":    {times095, []float64{9, 10, 10, 10, 10, 10}, figures.Undecided},
		"little more":          {more25, []float64{12, 9, 12.5, 12, 12, 12}, figures.Reached},
		"too much more":        {more25, []float64{12.6, 13, 13, 13, 13, 13}, figures.Missed},
		"five rounds":          {times125, []float64{5, 5, 5, 5, 5}, figures.Undecided},
		"the slowest of nine":  {times125, []float64{5, 5, 5, 5, 5, 5, 5, 5, 50}, figures.Reached},
		"not measured":         {times125, nil, figures.NotMeasured},
		"no CPU to be counted": {times125, []float64{math.NaN()}, figures.NotMeasured},
	} {
		t.Run(name, func(t *testing.T) {
			samples := append(rounds(parkway, test.parkway...), rounds(haproxy, 10, 10, 10, 10, 10, 10, 10, 10, 10)...)
			c := comparePair(summarize(samples), judged, parkway, haproxy, test.goal.figure, test.goal.by)
			if got := test.goal.judge(c); got != test.want {
				t.Errorf("got %s, want %s: %+v", got, test.want, c)
			}
		})
	}
}

func TestVerdicts(t *testing.T) {
	samples := append(rounds(parkway, 9, 9, 9, 10, 9, 9), rounds(haproxy, 10, 10, 10, 10, 10, 10)...)
	for args, want := range map[string]string{
		"-targets parkway,haproxy -workloads oltp_point_select": "- oltp_point_select, text: CPU per query of parkway at most 1.25 x that of haproxy: reached, 0.90 (0.90 to 1.00) in 6 rounds\n" +
			"- oltp_point_select, text: queries/s of parkway at least 0.95 x that of haproxy: UNDECIDED, 0.90 (0.90 to 1.00) in 6 rounds\n",
		"-targets parkway-plain,parkway-unscripted -workloads oltp_read_only -ps-mode auto": "- oltp_read_only, prepared: CPU per query of parkway-plain at most 2.5 us more than that of parkway-unscripted: not measured\n",
		"-targets parkway,direct":                 "No goal is about these targets, or 64 threads were not measured.\n",
		"-targets parkway,haproxy -threads 8,256": "No goal is about these targets, or 64 threads were not measured.\n",
	} {
		r := report{options: parsed(t, args), cells: summarize(samples)}
		if got := r.verdicts(); got != want {
			t.Errorf("%s:\n%swant\n%s", args, got, want)
		}
	}
}

// What a goal compares is compared in the table too, by its figures, and each target can be drawn.
func TestTargets(t *testing.T) {
	for _, g := range goals {
		if !strings.Contains(fmt.Sprint(pairs), fmt.Sprintf("{%s %s}", g.of, g.over)) {
			t.Errorf("%v: not in the table of ratios", g)
		}
	}
	for _, name := range targetNames {
		if colors[name] == nil {
			t.Errorf("%s has no color", name)
		}
		if _, ok := setups[name]; !ok && name != direct && name != haproxy {
			t.Errorf("%s has no setup", name)
		}
	}
}

// The rules of parkway-rules are rules that parkway accepts.
func TestRules(t *testing.T) {
	c, err := config.Parse("t", []byte("[[mysql_servers]]\nhostgroup_id = 10\nhostname = 'a'\n"+setups[ruled].rules))
	if err != nil || len(c.QueryRules) != rulesCount {
		t.Errorf("%d rules, %v", len(c.QueryRules), err)
	}
}
