package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"parkway/bench/figures"
)

// report is everything that the result files say. What was not measured is empty.
type report struct {
	began    time.Time
	options  options
	machine  figures.Machine
	cpuStep  time.Duration // process.CPUStep
	host     string        // of the machine, where that is a guest of guest.sh
	versions [][2]string   // a program, and what it says that it is
	limits   []string
	holds    []holding
	wake     *waking
	herds    []herding
	busies   []busying
	points   []point
}

// publish writes the files into the folder of the options, and the tables to w.
func (r report) publish(w io.Writer) error {
	type file struct {
		suffix string
		make   func() ([]byte, error)
	}
	files := []file{{".md", func() ([]byte, error) { return []byte(r.markdown()), nil }}}
	if len(r.points) > 0 {
		files = append(files, file{".csv", r.raw}, file{".png", r.plot})
	}
	if err := os.MkdirAll(r.options.out, 0o755); err != nil {
		return err
	}
	for _, f := range files {
		data, err := f.make()
		if err != nil {
			return fmt.Errorf("%s%s: %w", r.options.name, f.suffix, err)
		}
		if err := os.WriteFile(filepath.Join(r.options.out, r.options.name+f.suffix), data, 0o644); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\n%s\n%s\nwritten to %s\n", r.sections(), r.verdicts(), r.options.out)
	return err
}

// markdown is the text of NAME.md.
func (r report) markdown() string {
	var b strings.Builder
	b.WriteString("# What quiet clients cost\n\n")
	b.WriteString("Written by `go run ./bench/idle`, which says what each scenario does. The clients are real MySQL sessions; " +
		"every answer was checked and no client was lost. `idle_loops` is the proxy's `reactor.idle_loops`.\n\n")
	b.WriteString("## Goals\n\nFor `idle_loops` on; what it is with `idle_loops` off is beside it.\n\n" + r.verdicts() + r.sections())
	b.WriteString("\n## Conditions\n\n")
	fmt.Fprintf(&b, "- date: %s\n", r.began.UTC().Format("2006-01-02 15:04 UTC"))
	fmt.Fprintf(&b, "- command: `go run ./bench/idle%s`\n", strings.Join(append([]string{""}, r.options.args...), " "))
	fmt.Fprintf(&b, "- machine: %d cores (%s), Linux %s, shared by the clients, sysbench, the server and the proxy; load average "+
		"before: %s\n",
		r.machine.Cores, r.machine.CPU, r.machine.Kernel, r.machine.Load)
	if r.host != "" {
		fmt.Fprintf(&b, "- that machine is a guest (bench/scripts/guest.sh, `make bench-idle-guest`) of one with %s: its system "+
			"calls are some ten times slower, so that its times compare only with one another\n", r.host)
	}
	fmt.Fprintf(&b, "- CPU time is that of the process's own clock, which goes in steps of at most %v\n",
		r.cpuStep.Truncate(time.Microsecond)+time.Microsecond)
	fmt.Fprintf(&b, "- proxy: session_idle_ms = %d, max_connections of the server = %d, everything else as it comes\n",
		r.options.idle.Milliseconds(), connections)
	for _, v := range r.versions {
		fmt.Fprintf(&b, "- %s: %s\n", v[0], v[1])
	}
	for _, l := range r.limits {
		fmt.Fprintf(&b, "- %s\n", l)
	}
	return b.String()
}

// sections are the tables of what was measured, each with its head.
func (r report) sections() string {
	var b strings.Builder
	section := func(title, text string, t figures.Table) {
		if len(t) > 1 {
			fmt.Fprintf(&b, "\n## %s\n\n%s\n\n%s", title, text, t.Markdown(1))
		}
	}
	section("hold: clients that keep quiet", fmt.Sprintf(
		"Memory beyond the empty process, in bytes a client: resident (`/proc/PID/smaps_rollup`) as it was and after a garbage "+
			"collection, and live heap. CPU, user and system, over %v that begin %v after anybody asked anything, before the "+
			"clients came and with them. Then all left at once: when the proxy had no session any more, how much later it had "+
			"given %.0f %% of their memory back to the system (\">\": not yet when nobody waited any longer), and how much was "+
			"left above the empty process.",
		r.options.quiet, calmTime, 100*(1-releaseLeft)), r.holdTable())
	section("wake: the price of having been parked", r.wakeText(), r.wakeTable())
	section("herd: all arrive, ask within a second, and leave", fmt.Sprintf(
		"Medians of %d interleaved rounds. Logins with at most %d under way at a time. Latency of queries in ms; CPU of the proxy "+
			"from the first query until all are quiet, and parked, again; the witnesses are %d other clients with %d queries a "+
			"second together, before the herd woke and while it did.",
		r.options.rounds, r.options.atOnce, witnesses, witnessPace), r.herdTable())
	section("busy: sysbench beside quiet clients", fmt.Sprintf(
		"oltp_point_select with %d threads, on a proxy that has %s quiet clients and none in turns: medians of %d turns of %d s "+
			"each, and in parentheses the lowest and the highest. \"change\" is of the two runs of a turn, %v after the clients "+
			"came or left; in parentheses is its 95 %% confidence interval, which the goals are judged by. CPU of the proxy.",
		threads, count(r.options.clients), turnsARound*r.options.rounds, max(1, r.options.seconds/turnPart), calmTime), r.busyTable())
	section("sweep: against the number of clients", fmt.Sprintf(
		"Clients come to one proxy; another, \"alone\", stays without. Memory beyond the process without quiet clients, in bytes "+
			"for each, and CPU while nobody asks as in hold. Then %d busy clients of each proxy ask, each as soon as it is "+
			"answered, in turns with those of the other: the CPU of the proxy for a query of theirs, and its median latency, in "+
			"us; \"x\" is how many times that is what it is alone, right before or after, by what that was before the quiet ones "+
			"came: 1 is flat. Medians of %d turns of some %v, and in parentheses their 95 %% confidence interval. More is in "+
			"%s.csv.\n\n"+
			"![memory and CPU against the number of clients](%[4]s.png)",
		busyClients, sweepWindows, sweepWindow, r.options.name), r.sweepTable())
	return b.String()
}

func (r report) holdTable() figures.Table {
	t := figures.Table{{"idle_loops", "clients", "resident B", "collected B", "heap B", "CPU %", "CPU ms", "CPU ms empty",
		"logins/s", "gone s", "given back s", "left MiB"}}
	for _, h := range r.holds {
		released := seconds(h.released)
		if h.releasedTooLate {
			released = ">" + released
		}
		t = append(t, []string{
			string(h.mode), count(h.clients), figures.Count(h.rss), figures.Count(h.collected), figures.Count(h.heap),
			figures.Hundredths(percentOf(h.cpu, r.options.quiet)), count(int(h.cpu.Milliseconds())), count(int(h.idleCPU.Milliseconds())),
			figures.Count(h.loginsPerSecond), seconds(h.gone), released, figures.Decimals(float64(h.left) / (1 << 20)),
		})
	}
	return t
}

func (r report) wakeText() string {
	if r.wake == nil {
		return ""
	}
	return fmt.Sprintf("Two proxies with %s clients each, one of which parks, and the other does not. Clients of both ask at the "+
		"same time, one after the other, each after it has been quiet for long: latency in us as the clients saw it, CPU of the "+
		"proxies in us for a query. Medians of %d turns of %v, with %d pairs of fresh proxies; \"more\" is of the same turn, and "+
		"in parentheses is the 95 %% confidence interval of a median, which the goals are judged by.",
		count(r.wake.clients), len(r.wake.turns), wakeTime, pairsARound*r.options.rounds)
}

func (r report) wakeTable() figures.Table {
	t := figures.Table{{"idle_loops", "queries/s", "p50 us", "p95 us", "p99 us", "CPU us/query"}}
	if r.wake == nil {
		return t
	}
	for _, row := range []struct {
		mode mode
		of   func(wakeTurn) wakeHalf
	}{{parking, parkedHalf}, {unparking, unparkedHalf}} {
		l := r.wake.latency(row.of)
		t = append(t, []string{
			string(row.mode), figures.Count(r.wake.rate), micros(l.p50), micros(l.p95), micros(l.p99),
			figures.WithRange(r.wake.cpu(row.of), figures.Decimals),
		})
	}
	added, pair := figures.WithRange(r.wake.added(), figures.Decimals), figures.WithRange(r.wake.pair(), figures.Decimals)
	return append(t, []string{"more with", "", added, "", "", pair})
}

func (r report) herdTable() figures.Table {
	t := figures.Table{{"idle_loops", "clients", "logins/s", "login p99 ms", "all answered s", "p50 ms", "p95 ms", "p99 ms", "CPU us/client",
		"witness p99 ms before", "during", "gone s"}}
	for _, h := range r.herds {
		answer := h.latency(func(s stampede) latency { return s.answer })
		t = append(t, []string{
			string(h.mode), count(h.clients), figures.Count(h.median(func(s stampede) float64 { return s.loginsPerSecond })),
			millis(h.latency(func(s stampede) latency { return s.login }).p99),
			figures.Hundredths(h.median(func(s stampede) float64 { return s.all.Seconds() })), millis(answer.p50), millis(answer.p95), millis(answer.p99),
			figures.Decimals(h.median(func(s stampede) float64 { return s.cpu })),
			millis(h.latency(func(s stampede) latency { return s.alone }).p99), millis(h.latency(func(s stampede) latency { return s.beside }).p99),
			figures.Hundredths(h.median(func(s stampede) float64 { return s.gone.Seconds() })),
		})
	}
	return t
}

func (r report) busyTable() figures.Table {
	t := figures.Table{{"idle_loops", "", "beside nobody", "beside them", "change %"}}
	for _, b := range r.busies {
		for _, row := range []struct {
			name   string
			figure func(load) float64
			write  func(float64) string
		}{{"queries/s", qpsOf, figures.Count}, {"p95 ms", p95Of, figures.Hundredths}, {"CPU us/query", cpuOf, figures.Decimals}} {
			t = append(t, []string{
				string(b.mode), row.name,
				figures.WithRange(b.alone(row.figure), row.write), figures.WithRange(b.beside(row.figure), row.write),
				percentages(b.changed(row.figure)),
			})
		}
	}
	return t
}

func (r report) sweepTable() figures.Table {
	t := figures.Table{{"idle_loops", "clients", "resident B", "collected B", "heap B", "CPU % quiet", "alone", "logins/s",
		"busy: CPU us/query", "x", "p50 us", "x"}}
	for _, p := range r.points {
		n := float64(p.clients)
		t = append(t, []string{
			string(p.mode), count(p.clients), figures.Count(p.rss / n), figures.Count(p.collected / n), figures.Count(p.heap / n),
			figures.Hundredths(p.quiet), figures.Hundredths(p.quietAlone), figures.Count(p.logins),
			figures.WithRange(p.cpu, figures.Decimals), figures.WithRange(p.times.cpu, figures.Hundredths),
			figures.Count(p.p50.Median), figures.WithRange(p.times.p50, figures.Hundredths),
		})
	}
	return t
}

// count writes a number in groups of three digits.
func count(n int) string { return figures.Count(float64(n)) }

func seconds(d time.Duration) string { return figures.Hundredths(d.Seconds()) }

func millis(d time.Duration) string {
	return figures.Hundredths(float64(d) / float64(time.Millisecond))
}

func micros(d time.Duration) string {
	return strconv.FormatInt(d.Round(time.Microsecond).Microseconds(), 10)
}
