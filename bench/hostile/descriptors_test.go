package hostile

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"parkway/bench/proxy"
	"parkway/protocol/mysqltest"
)

// A proxy that has run out of descriptors serves those who are there, does not
// spin, and takes new clients when there is room again.
func TestOutOfDescriptors(t *testing.T) {
	p := parkway.StartT(t, proxy.Options{Config: behindSound(t)})
	before := measure(t, p)
	resident := mysqltest.Dial(t, as("app", p))
	if _, err := resident.Query("SELECT 1"); err != nil {
		t.Fatal(err)
	}
	limit := unix.Rlimit{Cur: uint64(before.descriptors) + 22, Max: uint64(before.descriptors) + 22}
	if err := unix.Prlimit(p.PID(), unix.RLIMIT_NOFILE, &limit, nil); err != nil {
		t.Fatal(err)
	}
	// The kernel takes them all; the proxy can't.
	conns := make([]net.Conn, 100)
	for i := range conns {
		var err error
		if conns[i], err = net.DialTimeout("tcp", p.Addr, patience); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "all descriptors are used", func() bool {
		n, err := p.Descriptors()
		if err != nil {
			t.Fatal(err)
		}
		return n >= int(limit.Cur)
	})
	if spent := cpuWhile(t, p, stall); spent > stall/2 {
		t.Errorf("the proxy spent %v in %v doing nothing", spent, stall)
	}
	if _, err := resident.Query("SELECT 1"); err != nil {
		t.Errorf("a client that was there before: %v", err)
	}
	for _, c := range conns {
		c.Close()
	}
	c, err := mysqltest.Connect(as("app", p))
	if err != nil {
		t.Fatalf("there is room again: %v", err)
	}
	if _, err := c.Query("SELECT 1"); err != nil {
		t.Errorf("there is room again: %v", err)
	}
	c.Close()
	resident.Close()
	before.settled(t, p)
}

// cpuWhile is the time that the proxy computes within d.
func cpuWhile(t testing.TB, p *proxy.Proxy, d time.Duration) time.Duration {
	t.Helper()
	begun, err := p.CPU()
	if err != nil {
		t.Fatal(err)
	}
	<-time.After(d)
	ended, err := p.CPU()
	if err != nil {
		t.Fatal(err)
	}
	return ended - begun
}
