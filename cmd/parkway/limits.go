package main

import (
	"fmt"

	"golang.org/x/sys/unix"

	"parkway/config"
)

// reserved is how many descriptors the process keeps for itself: log, HTTP,
// pollers, and the runtime's own.
const reserved = 64

// raiseDescriptors raises RLIMIT_NOFILE to its hard limit and returns it.
func raiseDescriptors() (limit uint64, err error) {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return 0, fmt.Errorf("read RLIMIT_NOFILE: %w", err)
	}
	l.Cur = l.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return 0, fmt.Errorf("raise RLIMIT_NOFILE to %d: %w", l.Max, err)
	}
	return l.Cur, nil
}

// clientsAllowed returns how many clients the descriptors suffice for, when as
// many backend connections may be open as the servers allow or as there are
// clients, whichever is less.
func clientsAllowed(descriptors uint64, servers []config.MySQLServer) int {
	backends := 0
	for i := range servers {
		backends += servers[i].MaxConnections
	}
	left := max(int(descriptors)-reserved, 0)
	return max(left/2, left-backends)
}
