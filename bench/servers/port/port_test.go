package port

import (
	"errors"
	"net"
	"testing"
)

func TestReserveGivesEachPortOnce(t *testing.T) {
	seen := make(map[int]bool)
	for range 50 {
		p, err := Reserve()
		if err != nil {
			t.Fatal(err)
		}
		defer p.Release()
		if n := p.Number(); n < first || n > last {
			t.Errorf("port %d is not within %d to %d", n, first, last)
		}
		if seen[p.Number()] {
			t.Errorf("port %d was given twice", p.Number())
		}
		seen[p.Number()] = true
	}
}

func TestTake(t *testing.T) {
	p, err := Reserve()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	held, err := take(dir, p.Number())
	if err != nil {
		t.Fatalf("take a free port: %v", err)
	}
	if _, err := take(dir, p.Number()); !errors.Is(err, errTaken) {
		t.Errorf("take a reserved port: got %v, want errTaken", err)
	}
	held.Release()
	again, err := take(dir, p.Number())
	if err != nil {
		t.Errorf("take a released port: %v", err)
	} else {
		again.Release()
	}
	p.Release()
}

func TestTakePortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	number := l.Addr().(*net.TCPAddr).Port
	if Free(number) {
		t.Errorf("port %d has a listener and counts as free", number)
	}
	if _, err := take(t.TempDir(), number); !errors.Is(err, errTaken) {
		t.Errorf("got %v, want errTaken", err)
	}
}
