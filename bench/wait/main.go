// Command wait measures how an event loop should wait for its sockets: the poller of gnet against a few lines of our own, on
// threads that are locked, pinned or neither, under different GOMAXPROCS. The wait of package reactor and its RecommendedProcs
// rest on what it prints; bench/results/wait.txt is a run of it.
//
// For each variant it runs a bare TCP forwarder, an echo server behind it and a client before it, each a process of its own,
// so that the forwarder's CPU time is only the forwarder's. The server spends some CPU on each request, so that the
// forwarder's loops run dry as often as they do before a database. The client keeps one request of 100 bytes under way on
// each of its connections. The variants run in turns, several rounds; medians are printed.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"
)

func main() {
	if role := os.Getenv(roleVariable); role != "" {
		if err := runRole(role); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", role, err)
			os.Exit(1)
		}
		return
	}
	rounds := flag.Int("rounds", 5, "rounds; each runs every variant once")
	length := flag.Duration("length", 2*time.Second, "measured time of one run")
	loops := flag.Int("loops", runtime.NumCPU(), "event loops of the forwarder")
	conns := flag.Int("connections", 64, "client connections")
	work := flag.Duration("work", 30*time.Microsecond, "what the server spends on a request, as a database would")
	only := flag.String("only", "", "run only variants whose name contains this")
	out := flag.String("o", "", "append the table to this file too")
	flag.Parse()

	var w io.Writer = os.Stdout
	if *out != "" {
		f, err := os.OpenFile(*out, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			fail(err)
		}
		defer f.Close()
		w = io.MultiWriter(os.Stdout, f)
	}
	b := bench{rounds: *rounds, length: *length, connections: *conns, loops: *loops, work: *work}
	results, err := b.run(variants(*loops, *only))
	if err != nil {
		fail(err)
	}
	b.print(w, results)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
