package main

import (
	"testing"
)

// held is what a test holds, so that the compiler can't do without it.
var held [][]byte

// What was used is given back once, but not while the process is busy; also when many clients have left, who had it for long.
func TestMemoryIsGivenBack(t *testing.T) {
	clients := 0
	m := newMemory(func() int { return clients })
	m.look()
	m.look()
	if m.look() {
		t.Fatal("memory is given back though none was used")
	}
	for range 4 * wasteBytes >> 12 {
		held = append(held, make([]byte, 4<<10))
	}
	held = nil
	for i, want := range []bool{false, true, false} {
		if m.look() != want {
			t.Errorf("look %d: %v", i, !want)
		}
	}
	for i, step := range []struct {
		clients int
		want    bool
	}{{wasteClients, false}, {1, false}, {0, true}, {0, false}} {
		if clients = step.clients; m.look() != step.want {
			t.Errorf("%d clients, look %d: %v", clients, i, !step.want)
		}
	}
}
