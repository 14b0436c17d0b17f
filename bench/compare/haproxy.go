package main

import (
	"context"
	"fmt"
	"runtime"
)

// haproxyConfig returns a configuration that forwards TCP from listen to server (host:port) as cheaply as HAProxy can.
//
// What is not there was tried with oltp_point_select and 64 threads, in turns, and did not lower the CPU per query by
// more than the rounds differ: cpu-map (a core for each thread), shards by-thread (a listener for each thread),
// tcp-smart-accept and tcp-smart-connect (they save an ACK for each connection, not for each query; the second only where
// the client speaks first). A single thread and tune.fd.edge-triggered (experimental) were not better either. Buffers and
// splicing (off) are left at their defaults.
func haproxyConfig(listen, server string, cores int) string {
	return fmt.Sprintf(`global
  # One thread a core, as parkway has loops.
  nbthread %d
  # Room for every client: a run never waits for a free slot.
  maxconn 4096

defaults
  # Bytes are copied, not looked at. Nothing is logged: there is no "log" line.
  mode tcp
  timeout connect 10s
  # The server decides when a quiet client goes.
  timeout client 8h
  timeout server 8h

listen mysql
  bind %s
  server primary %s
`, cores, listen, server)
}

// startHAProxy starts HAProxy in front of server.
func startHAProxy(ctx context.Context, server string) (target, error) {
	return launch{
		program: "haproxy",
		// -db: in the foreground, as a single process without a master, so that its CPU time is all there is.
		args:   []string{"-db", "-f"},
		config: func(listen string) string { return haproxyConfig(listen, server, runtime.NumCPU()) },
	}.start(ctx)
}
