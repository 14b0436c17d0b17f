package main

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"parkway/bench/servers"
)

// maxConnections is what both proxies are configured for: more than any run opens.
const maxConnections = 4096

// server is the database behind all targets.
type server struct {
	host    string
	port    int
	version string
	stop    func()
}

func (s server) addr() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

// startServer returns the running server at addr (host:port), or starts a MariaDB without replicas when addr is "".
func startServer(ctx context.Context, addr string) (server, error) {
	if addr != "" {
		return findServer(ctx, addr)
	}
	cluster, err := servers.Start(ctx, servers.Options{Flavor: servers.MariaDB})
	if err != nil {
		return server{}, err
	}
	primary := cluster.Servers[0]
	return server{host: primary.Host, port: primary.Port, version: cluster.Version, stop: cluster.Stop}, nil
}

func findServer(ctx context.Context, addr string) (server, error) {
	host, number, err := net.SplitHostPort(addr)
	if err != nil {
		return server{}, fmt.Errorf("-server: %w", err)
	}
	port, err := strconv.Atoi(number)
	if err != nil {
		return server{}, fmt.Errorf("-server: port: %w", err)
	}
	version, err := serverVersion(ctx, addr)
	if err != nil {
		return server{}, fmt.Errorf("-server: %w", err)
	}
	return server{host: host, port: port, version: version, stop: func() {}}, nil
}
