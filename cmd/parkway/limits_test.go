package main

import (
	"testing"

	"golang.org/x/sys/unix"

	"parkway/config"
)

func TestClientsAllowed(t *testing.T) {
	for _, test := range []struct {
		descriptors uint64
		backends    int
		want        int
	}{
		{0, 0, 0},
		{reserved, 10, 0},
		{reserved + 1000, 0, 1000},
		{reserved + 1000, 100, 900},
		{reserved + 1000, 500, 500},
		{reserved + 1000, 100_000, 500},
		{1 << 20, 1000, 1<<20 - reserved - 1000},
	} {
		servers := []config.MySQLServer{{MaxConnections: test.backends / 2}, {MaxConnections: test.backends - test.backends/2}}
		if got := clientsAllowed(test.descriptors, servers); got != test.want {
			t.Errorf("%d descriptors, %d backend connections: %d clients, want %d", test.descriptors, test.backends, got, test.want)
		}
	}
}

func TestRaiseDescriptors(t *testing.T) {
	got, err := raiseDescriptors()
	if err != nil {
		t.Fatal(err)
	}
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil || l.Cur != got || l.Cur != l.Max {
		t.Errorf("returned %d; the limit is %d of %d (%v)", got, l.Cur, l.Max, err)
	}
}
