package main

import (
	"testing"
)

// held is what a test holds, so that the compiler can't do without it.
var held [][]byte

// What was used is given back once, but not while the process is busy.
func TestMemoryIsGivenBack(t *testing.T) {
	m := newMemory()
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
}
