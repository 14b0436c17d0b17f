package sysbench

import (
	"strings"
	"testing"
)

// wellEnded is what sysbench 1.0.20 printed.
const wellEnded = `sysbench 1.0.20 (using system LuaJIT 2.1.0-beta3)

Running the test with following options:
Number of threads: 64
Initializing random number generator from current time


Initializing worker threads...

Threads started!

SQL statistics:
    queries performed:
        read:                            27790
        write:                           7938
        other:                           3969
        total:                           39697
    transactions:                        1984   (974.62 per sec.)
    queries:                             39697  (19500.71 per sec.)
    ignored errors:                      1      (0.49 per sec.)
    reconnects:                          0      (0.00 per sec.)

General statistics:
    total time:                          2.0347s
    total number of events:              1984

Latency (ms):
         min:                                    3.48
         avg:                                   64.83
         max:                                  347.21
         95th percentile:                      132.49
         sum:                               128619.07

Threads fairness:
    events (avg/stddev):           31.0000/4.21
    execution time (avg/stddev):   2.0097/0.01

`

func TestParseResult(t *testing.T) {
	warmUp := strings.NewReplacer("39697", "12345", "132.49", "200.00").Replace(wellEnded)
	for name, text := range map[string]string{"alone": wellEnded, "behind a warm-up": warmUp + wellEnded} {
		got, err := parseResult(text)
		if err != nil {
			t.Fatal(err)
		}
		if want := (Result{Queries: 39697, QPS: 19500.71, P95: 132.49, Ignored: 1}); got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

func TestParseResultRefuses(t *testing.T) {
	for name, test := range map[string]struct{ old, new, want string }{
		"a report cut short":  {wellEnded[strings.Index(wellEnded, "Latency"):], "", `no line "95th percentile"`},
		"no queries":          {"39697  (19500.71", "0      (0.00", "made no queries"},
		"lost connections":    {"reconnects:                          0", "reconnects:                          3", "lost 3 connections"},
		"a number too large":  {"queries:                             39697", "queries:       99999999999999999999", "out of range"},
		"another percentile":  {"95th", "99th", `no line "95th percentile"`},
		"no count of retries": {"ignored errors", "errors", `no line "ignored errors"`},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(wellEnded, test.old, test.new, 1)
			if text == wellEnded {
				t.Fatal("the test changes nothing")
			}
			_, err := parseResult(text)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestFatalLines(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"each error once": {
			"Threads started!\nFATAL: one\n  FATAL: two\nFATAL: one\nALERT: three\nother\n",
			"FATAL: one\nFATAL: two\nALERT: three",
		},
		"everything when no line is an error": {"\nnothing known\n", "nothing known"},
		"not more than ten": {
			"FATAL: 1\nFATAL: 2\nFATAL: 3\nFATAL: 4\nFATAL: 5\nFATAL: 6\nFATAL: 7\nFATAL: 8\nFATAL: 9\nFATAL: 10\nFATAL: 11\n",
			"FATAL: 1\nFATAL: 2\nFATAL: 3\nFATAL: 4\nFATAL: 5\nFATAL: 6\nFATAL: 7\nFATAL: 8\nFATAL: 9\nFATAL: 10",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := fatalLines(test.text); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
