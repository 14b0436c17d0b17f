package main

import (
	"math"
	"testing"

	"parkway/bench/figures"
	"parkway/bench/sysbench"
	"parkway/config"
)

func TestJudge(t *testing.T) {
	cpu := goal{parkway, haproxy, "CPU per query", "w", cpuOf, 1.25, true}
	qps := goal{parkway, haproxy, "queries/s", "w", qpsOf, 0.95, false}
	for name, test := range map[string]struct {
		goal             goal
		parkway, haproxy float64
		want             figures.Verdict
	}{
		"CPU below":         {cpu, 12, 10, figures.Reached},
		"CPU at the bound":  {cpu, 12.5, 10, figures.Reached},
		"CPU above":         {cpu, 12.6, 10, figures.Missed},
		"faster":            {qps, 11, 10, figures.Reached},
		"qps at the bound":  {qps, 9.5, 10, figures.Reached},
		"qps below":         {qps, 9.4, 10, figures.Missed},
		"nothing to divide": {cpu, 5, 0, figures.NotMeasured},
	} {
		t.Run(name, func(t *testing.T) {
			of := func(target string, x float64) sample {
				return sample{run{cell{"w", goalThreads, target}, 1}, sysbench.Result{QPS: x}, x}
			}
			cells := summarize([]sample{of(parkway, test.parkway), of(haproxy, test.haproxy)})
			if got, _ := test.goal.judge(cells); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestJudgeWithoutTheLoad(t *testing.T) {
	cells := summarize([]sample{
		{run{cell{"w", 8, parkway}, 1}, sysbench.Result{}, 1},
		{run{cell{"w", 8, haproxy}, 1}, sysbench.Result{}, 1},
	})
	if got, _ := (goal{parkway, haproxy, "CPU per query", "w", cpuOf, 1.25, true}).judge(cells); got != figures.NotMeasured {
		t.Errorf("got %s, want %s: 64 threads were not run", got, figures.NotMeasured)
	}
}

// What is asked of one target in microseconds more than another.
func TestJudgeExcess(t *testing.T) {
	e := excess{plain, unscripted, "w", 2.5}
	for more, want := range map[float64]figures.Verdict{-1: figures.Reached, 2.5: figures.Reached, 2.6: figures.Missed} {
		of := func(target string, x float64) sample {
			return sample{run{cell{"w", goalThreads, target}, 1}, sysbench.Result{}, x}
		}
		if got, d := e.judge(summarize([]sample{of(plain, 10+more), of(unscripted, 10)})); got != want || math.Abs(d-more) > 1e-9 {
			t.Errorf("%v more: %s, %v", more, got, d)
		}
	}
	if got, _ := e.judge(nil); got != figures.NotMeasured {
		t.Errorf("got %s", got)
	}
}

func TestDescribe(t *testing.T) {
	for want, g := range map[string]goal{
		"w, 64 threads: queries/s at least 0.95 x HAProxy's":                                   {parkway, haproxy, "queries/s", "w", qpsOf, 0.95, false},
		"w, 64 threads: CPU per query of parkway-rules at most 1.05 x that of parkway-unruled": {ruled, unruled, "CPU per query", "w", cpuOf, 1.05, true},
	} {
		if got := g.describe(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Every proxy of the list of targets can be drawn, and what the rules' goal compares has rules that parkway accepts.
func TestTargets(t *testing.T) {
	for _, name := range targetNames {
		if colors[name] == nil {
			t.Errorf("%s has no color", name)
		}
	}
	c, err := config.Parse("t", []byte("[[mysql_servers]]\nhostgroup_id = 10\nhostname = 'a'\n"+manyRules()))
	if err != nil || len(c.QueryRules) != rulesCount {
		t.Errorf("%d rules, %v", len(c.QueryRules), err)
	}
}
