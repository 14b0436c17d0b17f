package main

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"parkway/bench/servers/port"
)

// parkwayConfig returns a configuration with one hostgroup that holds server (host and number of its port), no limits that
// a run could reach, and no monitor, as HAProxy checks nothing either. Everything else is left at its default.
func parkwayConfig(listen, http, host string, number int) string {
	return fmt.Sprintf(`[log]
level = "warn"

[listen]
mysql = [%q]
http = %q

[mysql_variables]
monitor_enabled = false

[[mysql_servers]]
hostgroup_id = 10
hostname = %q
port = %d
max_connections = 4096

[[mysql_users]]
username = "app"
password = "app"
default_hostgroup = 10
`, listen, http, host, number)
}

// startParkway starts the binary in front of server.
func startParkway(ctx context.Context, binary, server string) (target, error) {
	host, text, err := net.SplitHostPort(server)
	if err != nil {
		return target{}, err
	}
	number, err := strconv.Atoi(text)
	if err != nil {
		return target{}, fmt.Errorf("port of %s: %w", server, err)
	}
	reserved, err := port.Reserve()
	if err != nil {
		return target{}, err
	}
	http := net.JoinHostPort("127.0.0.1", strconv.Itoa(reserved.Number()))
	t, err := launch{
		program: binary,
		args:    []string{"serve", "--config"},
		config:  func(listen string) string { return parkwayConfig(listen, http, host, number) },
	}.start(ctx)
	if err != nil {
		reserved.Release()
		return target{}, err
	}
	stop := t.stop
	t.http, t.stop = "http://"+http, func() { stop(); reserved.Release() }
	return t, nil
}
