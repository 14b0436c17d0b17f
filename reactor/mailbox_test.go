package reactor

import (
	"sync"
	"testing"
)

func TestPostFromManyThreads(t *testing.T) {
	const posters, each = 8, 1_000 // More than one turn takes.
	g := startGroup(t)
	l := g.Loops()[0]
	var next [posters]int
	var all sync.WaitGroup
	for p := range posters {
		all.Go(func() {
			for i := range each {
				l.Post(func() {
					l.CheckOwner()
					if next[p] != i {
						t.Errorf("poster %d: %d ran when %d was due", p, i, next[p])
					}
					next[p]++
				})
			}
		})
	}
	all.Wait()
	on(l, func() {
		for p, n := range next {
			if n != each {
				t.Errorf("poster %d: %d of %d ran", p, n, each)
			}
		}
	})
}

func TestPostFromTheLoop(t *testing.T) {
	g := startGroup(t)
	l := g.Loops()[0]
	done := make(chan struct{})
	l.Post(func() { l.Post(func() { close(done) }) })
	get(t, done)
}

// Whoever posts while the loop ends must neither hang nor write to a descriptor that is somebody else's by then. Under the
// race detector and with the leak check, this finds both.
func TestPostWhileStopping(t *testing.T) {
	for range 10 {
		g, err := New(Config{Loops: 1})
		if err != nil {
			t.Fatal(err)
		}
		start(t, g)
		stop := make(chan struct{})
		var posters sync.WaitGroup
		for range 4 {
			posters.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						g.Loops()[0].Post(func() {})
					}
				}
			})
		}
		g.Stop()
		close(stop)
		posters.Wait()
	}
}

func TestPostAll(t *testing.T) {
	g := newGroup(t, Config{Loops: 3})
	start(t, g)
	ran := make(chan int, 3)
	g.PostAll(func(l *Loop) { ran <- l.Index() })
	sum := get(t, ran) + get(t, ran) + get(t, ran)
	if sum != 0+1+2 {
		t.Error("not every loop ran it once")
	}
}

func TestTurnEnd(t *testing.T) {
	l := manualLoop(t)
	var order []string
	add := func(s string) func() { return func() { order = append(order, s) } }
	l.Post(func() {
		l.OnTurnEnd(func() {
			order = append(order, "end 1")
			l.OnTurnEnd(add("next turn"))
		})
		l.OnTurnEnd(add("end 2"))
		order = append(order, "posted")
	})
	l.turnOnce()
	if len(order) != 3 || order[0] != "posted" || order[1] != "end 1" || order[2] != "end 2" {
		t.Errorf("first turn: %q", order)
	}
	if !l.pending {
		t.Error("the loop would wait before the next turn's functions")
	}
	l.turn()
	if len(order) != 4 || order[3] != "next turn" {
		t.Errorf("second turn: %q", order)
	}
	l.quiet()
}
