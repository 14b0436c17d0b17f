package main

import (
	"bytes"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parkway/bench/figures"
)

func flat(x float64) figures.Spread { return figures.Spread{Median: x, Low: x, High: x} }

// wakingBy is turns in which parking took so much more CPU, and twice as much more time.
func wakingBy(pairs ...float64) *waking {
	w := &waking{clients: 1000, rate: 300}
	for _, pair := range pairs {
		w.turns = append(w.turns, wakeTurn{
			parked:   wakeHalf{latency{p50: 100*time.Microsecond + time.Duration(2000*pair)}, 40 + pair},
			unparked: wakeHalf{latency{p50: 100 * time.Microsecond}, 40},
		})
	}
	return w
}

// measured is a report in which parking reaches every goal.
func measured(t *testing.T) report {
	t.Helper()
	o, err := parseOptions([]string{"-clients", "1000", "-counts", "500,1000", "-out", t.TempDir()}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ms := time.Millisecond
	r := report{
		began: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), options: o,
		machine: figures.Machine{CPU: "Some CPU", Cores: 2, Kernel: "6.1", Load: "0.1 0.2 0.3"}, cpuStep: 250, host: "8 cores",
		versions: [][2]string{{"server", "10.11-MariaDB"}}, limits: []string{"fs.nr_open = 5"},
		holds: []holding{
			{mode: parking, clients: 1000, rss: 1000, heap: 500, collected: 900, cpu: 20 * ms, idleCPU: 10 * ms, loginsPerSecond: 12345, gone: 200 * ms, released: 3 * time.Second},
			{mode: unparking, clients: 1000, rss: 9000, heap: 5000, released: 60 * time.Second, releasedTooLate: true, left: 5 << 20},
		},
		wake: wakingBy(7, 8, 9, 6, 7.5, 30),
		herds: []herding{{mode: parking, clients: 1000, rounds: []stampede{
			{loginsPerSecond: 5000, all: time.Second, answer: latency{p50: ms, p95: 5 * ms, p99: 7 * ms}},
			{loginsPerSecond: 7000, all: time.Second, answer: latency{p50: ms, p95: 5 * ms, p99: 9 * ms}, cpu: 96},
		}}, {mode: unparking, clients: 1000, rounds: []stampede{{loginsPerSecond: 5000, cpu: 40}}}},
		busies: []busying{
			{crowding{parking, 1000}, turnsBeside(load{19800, 1.02, 15.1})},
			{crowding{unparking, 1000}, turnsBeside(load{15000, 2, 20})},
		},
	}
	for _, n := range o.counts {
		for _, m := range o.modes {
			r.points = append(r.points, point{crowding: crowding{m, n}, rss: float64(n) * 1000, collected: float64(n) * 900, heap: float64(n) * 500,
				quiet: 0.1, quietAlone: 0.08, logins: 6000, cpu: figures.Spread{Median: 50, Low: 40, High: 60}, times: times{cpu: flat(1.01), p50: flat(1.02)}, p50: flat(110), p95: flat(220)})
		}
	}
	return r
}

func TestPublish(t *testing.T) {
	r := measured(t)
	var printed bytes.Buffer
	if err := r.publish(&printed); err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(r.options.out, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	text := read("idle.md")
	for _, want := range []string{
		"| on         |   1,000 |      1,000 |         900 |    500 |  0.07 |     20 |           10 |   12,345 |   0.20 |         3.00 |      0.0 |",
		"|       >60.00 |      5.0 |",
		"| on         |       300 |                 116 |      0 |      0 | 47.8 (46.0 to 70.0) |",
		"| more with  |           | 15.5 (12.0 to 60.0) |        |        |   7.8 (6.0 to 30.0) |",
		"| on         |   1,000 |    6,000 |",
		"| off        |    queries/s |        20,000 |      15,000 |    -25.0 |",
		"| off        |   1,000 |      1,000 |         900 |    500 |        0.10 |  0.08 |    6,000 | 50.0 (40.0 to 60.0) | 1.01 |    110 | 1.02 |",
		"at most 1,024 B: reached (1,000 B; off: 9,000 B)",
		"at most 512 B: reached (500 B; off: 5,000 B)",
		"no CPU (0.0 % of a core): reached (0.07 %, of the empty process 0.03 %; off: 0.00 %",
		"median latency: UNDECIDED (15.5 (12.0 to 60.0) us)",
		"10 us of CPU: UNDECIDED (7.8 (6.0 to 30.0) us)",
		"every client of it: reached (1,000 clients, 99th percentile 8.00 ms; off: 1,000 clients",
		"more than none: reached (8.0 us)",
		"queries/s beside quiet clients within 3 % of beside nobody: reached (-1.0 %; off: -25.0 %)",
		"95th percentile beside quiet clients within 3 % of beside nobody: reached (+2.0 %; off: +100.0 %)",
		"resident memory of each further client, up to 1,000, at most 1,024 B: reached (1,000 B; off: 1,000 B)",
		"heap of each further client, up to 1,000, at most 512 B: reached (500 B; off: 500 B)",
		"any number of quiet clients uses no CPU (0.0 % of a core): reached (0.10 % with 500, without 0.08 %; off: 0.10 %",
		"1.10 times the time, at the median: reached (1.02 beside 500, 1.02",
		"beside any number of quiet ones: reached (1.01 beside 500, 1.01 beside 1,000; off: 1.01",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("idle.md does not say %q:\n%s", want, text)
		}
		if !strings.Contains(printed.String(), want) {
			t.Errorf("not printed: %q", want)
		}
	}
	for _, want := range []string{"2 cores (Some CPU), Linux 6.1", "is a guest", "one with 8 cores", "2026-01-02 03:04 UTC", "`go run ./bench/idle -clients 1000", "- server: 10.11-MariaDB", "- fs.nr_open = 5", "in steps of at most 1\u00b5s"} {
		if !strings.Contains(text, want) {
			t.Errorf("idle.md does not say %q:\n%s", want, text)
		}
	}
	if csv := read("idle.csv"); !strings.Contains(csv, "idle_loops,clients,resident_bytes,resident_collected_bytes,") ||
		!strings.Contains(csv, "\noff,1000,1000000,900000,500000,0.1,0.08,6000,50,40,60,1.01,1.01,1.01,1.02,1.02,1.02,110,") {
		t.Errorf("idle.csv:\n%s", csv)
	}
	if _, err := png.Decode(strings.NewReader(read("idle.png"))); err != nil {
		t.Errorf("idle.png: %v", err)
	}
}

// What was not measured is said to be so, and no files are made of it.
func TestPublishNothing(t *testing.T) {
	r := report{options: measured(t).options}
	if err := r.publish(io.Discard); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(r.verdicts(), ": not measured\n"); n != 14 || strings.Count(r.verdicts(), "\n") != n {
		t.Errorf("%d goals were not measured:\n%s", n, r.verdicts())
	}
	files, err := os.ReadDir(r.options.out)
	if err != nil || len(files) != 1 {
		t.Errorf("files %v, %v", files, err)
	}
}

// Every goal that is exceeded is missed.
func TestMissed(t *testing.T) {
	r := measured(t)
	r.holds[0].rss, r.holds[0].heap, r.holds[0].cpu = 1025, 513, 60*time.Millisecond
	r.wake = wakingBy(16, 17, 18, 16, 16, 16, 16)
	r.herds[1].rounds[0].cpu = 37
	r.busies[0].turns = turnsBeside(load{19000, 1.04, 15})
	r.points[2].rss, r.points[2].heap, r.points[2].quiet, r.points[2].times = 1_012_500, 506_500, 0.14, times{flat(1.11), flat(1.12)}
	if n := strings.Count(r.verdicts(), ": MISSED ("); n != 13 {
		t.Errorf("%d goals were missed, want 13:\n%s", n, r.verdicts())
	}
}

// turnsBeside are enough turns for a confidence interval, all alike.
func turnsBeside(beside load) []turn {
	return slices.Repeat([]turn{{load{20000, 1, 15}, beside}}, 6)
}

// One number of clients of which nothing is certain leaves open what the others say, and one that is more than flat does not.
func TestFlat(t *testing.T) {
	r := measured(t)
	r.points[0].times.cpu = figures.Spread{Median: 1, Low: 0.9, High: 1.2}
	if got := r.sweepGoals()[3].verdict; got != figures.Undecided {
		t.Errorf("%s, want %s", got, figures.Undecided)
	}
	r.points[2].times.cpu = flat(1.11)
	if got := r.sweepGoals()[3].verdict; got != figures.Missed {
		t.Errorf("%s, want %s", got, figures.Missed)
	}
	r.points = r.points[:2] // one number, in each mode
	if got := r.sweepGoals()[0].verdict; got != figures.NotMeasured {
		t.Errorf("%s, want %s", got, figures.NotMeasured)
	}
}

// A goal is reached or missed only if all of the confidence interval says so.
func TestGoalsByInterval(t *testing.T) {
	for _, test := range []struct {
		pairs []float64
		want  figures.Verdict
	}{
		{[]float64{5, 6, 7, 8, 9, 10}, figures.Reached},
		{[]float64{5, 6, 7, 8, 9, 10.1}, figures.Undecided},
		{[]float64{10.1, 11, 12, 13, 14, 15}, figures.Missed},
		{[]float64{1, 1, 1}, figures.Undecided}, // too few to say anything
	} {
		r := report{wake: wakingBy(test.pairs...)}
		if got := r.wakeGoals()[1].verdict; got != test.want {
			t.Errorf("%v: %s, want %s", test.pairs, got, test.want)
		}
	}
}

func TestLatency(t *testing.T) {
	times := []time.Duration{100}
	for d := range time.Duration(99) {
		times = append(times, d+1)
	}
	if got, want := latencyOf(times), (latency{50, 95, 99, 100}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := medianLatency([]latency{{1, 2, 3, 9}, {3, 4, 5, 1}, {2, 9, 4, 5}}), (latency{2, 4, 4, 5}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestHeapAlloc(t *testing.T) {
	if n, err := heapAlloc([]byte("# Alloc = 1\n# HeapAlloc = 4242\n# HeapSys = 7\n")); err != nil || n != 4242 {
		t.Errorf("got %d, %v", n, err)
	}
	if n, err := heapAlloc([]byte("# Alloc = 1\n")); err == nil {
		t.Errorf("got %d from a profile without it", n)
	}
}
