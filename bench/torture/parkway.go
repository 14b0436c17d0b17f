package main

import (
	"context"
	"errors"
	"fmt"

	"parkway/bench/proxy"
	"parkway/bench/servers"
	"parkway/bench/torture/play"
)

// parkway is the real proxy as a subject.
type parkway struct {
	// Immutable.
	binary  *proxy.Binary
	cluster *servers.Cluster
	program string // that the proxy runs, a file; "": none

	running *proxy.Proxy // nil: none
}

func newParkway(binary *proxy.Binary, cluster *servers.Cluster, program string) *parkway {
	return &parkway{binary: binary, cluster: cluster, program: program}
}

func (p *parkway) fresh(ctx context.Context, backends int) (string, error) {
	if err := p.close(); err != nil {
		return "", err
	}
	config := proxy.Behind(p.cluster)
	config.Servers[0].MaxConnections = backends
	config.Users = nil
	for _, name := range []string{play.User, play.Other} {
		config.Users = append(config.Users, proxy.User{Name: name, Password: name, Hostgroup: proxy.Primaries})
	}
	config.Variables["multiplexing"] = true
	// What can be asked about a statement is asked within a bounded time; how long clients here take for that says nothing.
	config.Variables["connection_delay_multiplex_ms"] = 60_000
	// Sessions are parked between some statements and not between others.
	config.Variables["session_idle_ms"] = 1
	// Clients that wait for others to finish are no failure here.
	config.Variables["connect_timeout_server_max_ms"] = int(answerLimit.Milliseconds())
	if p.program != "" {
		config.Extra = fmt.Sprintf("\n[scripting]\nfile = %q\ntimeout_ms = 2000\non_error = \"reject\"\n", p.program)
	}
	var err error
	p.running, err = p.binary.Start(ctx, proxy.Options{Config: config})
	if err != nil {
		return "", err
	}
	return p.running.Addr, nil
}

// close ends the proxy at once. One that has ended before is an error, with
// its log.
func (p *parkway) close() error {
	if p.running == nil {
		return nil
	}
	var err error
	select {
	case <-p.running.Done():
		err = errors.New("parkway ended by itself:\n" + p.running.Log())
	default:
		p.running.Kill()
	}
	_, stopped := p.running.Stop()
	p.running = nil
	return errors.Join(err, stopped)
}
