package config

import (
	"net"
	"strconv"
)

// Address returns host:port, or the path of the socket: the server's name in logs, errors and metrics.
func (s *MySQLServer) Address() string {
	if s.Port == 0 {
		return s.Hostname
	}
	return net.JoinHostPort(s.Hostname, strconv.Itoa(s.Port))
}
