package main

import (
	"context"
	"net"
	"strconv"

	"parkway/bench/servers"
)

// server is the database behind all targets.
type server struct {
	addr    string // host:port
	version string
	stop    func()
}

// startServer returns the running server at addr, or starts a MariaDB without replicas when addr is "".
func startServer(ctx context.Context, addr string) (server, error) {
	if addr != "" {
		version, err := serverVersion(ctx, addr)
		if err != nil {
			return server{}, err
		}
		return server{addr: addr, version: version, stop: func() {}}, nil
	}
	cluster, err := servers.Start(ctx, servers.Options{Flavor: servers.MariaDB})
	if err != nil {
		return server{}, err
	}
	primary := cluster.Servers[0]
	return server{
		addr:    net.JoinHostPort(primary.Host, strconv.Itoa(primary.Port)),
		version: cluster.Version,
		stop:    cluster.Stop,
	}, nil
}
