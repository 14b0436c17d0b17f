package main

import "testing"

func TestJudge(t *testing.T) {
	cpu := goal{"CPU per query", "w", cpuOf, 1.25, true}
	qps := goal{"queries/s", "w", qpsOf, 0.95, false}
	for name, test := range map[string]struct {
		goal             goal
		parkway, haproxy float64
		want             verdict
	}{
		"CPU below":         {cpu, 12, 10, reached},
		"CPU at the bound":  {cpu, 12.5, 10, reached},
		"CPU above":         {cpu, 12.6, 10, missed},
		"faster":            {qps, 11, 10, reached},
		"qps at the bound":  {qps, 9.5, 10, reached},
		"qps below":         {qps, 9.4, 10, missed},
		"nothing to divide": {cpu, 5, 0, notMeasured},
	} {
		t.Run(name, func(t *testing.T) {
			of := func(x float64) summary { return summary{qps: spread{median: x}, cpu: spread{median: x}} }
			cells := map[cell]summary{
				{"w", goalThreads, parkway}: of(test.parkway),
				{"w", goalThreads, haproxy}: of(test.haproxy),
			}
			if got, _ := test.goal.judge(cells); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestJudgeWithoutTheLoad(t *testing.T) {
	cells := map[cell]summary{
		{"w", 8, parkway}: {cpu: spread{median: 1}},
		{"w", 8, haproxy}: {cpu: spread{median: 1}},
	}
	if got, _ := (goal{"CPU per query", "w", cpuOf, 1.25, true}).judge(cells); got != notMeasured {
		t.Errorf("got %s, want %s: 64 threads were not run", got, notMeasured)
	}
}
