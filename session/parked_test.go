package session

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"unsafe"

	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// The lot against a list: what is parked is found, in the order of parking, and blocks that are empty go.
func TestLot(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	l := newLot()
	var model []uint32
	places := map[uint32]int32{}
	for id := uint32(1); id < 20_000; id++ {
		grow := id%8000 < 5000 // else it shrinks
		if grow || len(model) == 0 || r.IntN(4) == 0 {
			place, p := l.put(id)
			if p.id != id || p.since != 0 || p.shared != nil {
				t.Fatalf("%d got the place of another: %+v", id, p)
			}
			p.since = int64(id)
			model = append(model, id)
			places[id] = place
		}
		if !grow || r.IntN(4) == 0 {
			i := r.IntN(len(model))
			gone := model[i]
			l.remove(places[gone])
			model = slices.Delete(model, i, i+1)
			delete(places, gone)
		}
		if len(l.byID) != len(model) {
			t.Fatalf("%d are parked, want %d", len(l.byID), len(model))
		}
	}
	checkLot(t, &l, model, places)
	for _, id := range model {
		l.remove(places[id])
	}
	checkLot(t, &l, nil, nil)
	if len(l.blocks) > 0 || len(l.spare) > 0 {
		t.Errorf("%d blocks are left", len(l.blocks))
	}
	for id := range uint32(2 * blockSize) { // few, and they come again
		place, _ := l.put(id + 1)
		if len(l.byID) == 2 || id == 2*blockSize-1 {
			l.remove(place)
			l.remove(l.first)
		}
	}
	if len(l.blocks) != 1 || l.blocks[0] == nil {
		t.Errorf("%d blocks are left of one that is used again and again", len(l.blocks))
	}
}

func checkLot(t *testing.T, l *lot, model []uint32, places map[uint32]int32) {
	t.Helper()
	var order []uint32
	for place := l.first; place != none; place = l.at(place).next {
		order = append(order, l.at(place).id)
	}
	if !slices.Equal(order, model) {
		t.Errorf("%d in order, want %d", len(order), len(model))
	}
	for id, place := range places {
		if l.find(id) != place || l.at(place).since != int64(id) {
			t.Errorf("%d is not at %d", id, place)
		}
	}
	if l.find(1<<31) != none {
		t.Error("found what is not parked")
	}
}

// A record is what a hundred thousand clients cost a hundred thousand times.
func TestParkedIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(parked{}); size > 160 {
		t.Errorf("%d bytes", size)
	}
	const sizeClass = 32 << 10 // the next one is 8 KiB larger
	if size, one := unsafe.Sizeof(block{}), unsafe.Sizeof(parked{}); size > sizeClass || size+one <= sizeClass {
		t.Errorf("a block of %d bytes does not fill %d: change blockSize", size, sizeClass)
	}
}

// Equal sessions share one identity, for as long as one is parked.
func TestIdentities(t *testing.T) {
	all := make(identities)
	a, b, c := all.acquire(identity{schema: "x"}), all.acquire(identity{schema: "x"}), all.acquire(identity{schema: "y"})
	if a != b || a == c || len(all) != 2 {
		t.Errorf("%d identities", len(all))
	}
	all.release(a)
	if all.release(c); len(all) != 1 {
		t.Errorf("%d identities", len(all))
	}
	if all.release(b); len(all) != 0 {
		t.Errorf("%d identities", len(all))
	}
}

// Whoever adds to what follows a session decides what becomes of it when the session is parked.
func TestAllThatFollowsIsParked(t *testing.T) {
	const with = "with the session's identity, or in its place in the lot"
	kept := map[string]string{
		"vars": with, "login": with, "schema": with, "unshareable": with, "past": with, "asksRows": with, "statements": with, "ended": with,
		"owed": "rare", "unsure": "rare", "access": "rare", "objects": "rare", "kills": "rare", "killPrepared": "rare",
		"pins": "none, or it is not parked", "untold": "of a connection that is to be asked", "began": "of a transaction", "stirred": "of a connection that lingers",
	}
	for f := range reflect.TypeFor[portable]().Fields() {
		if kept[f.Name] == "" {
			t.Errorf("nothing is said of %s", f.Name)
		}
		delete(kept, f.Name)
	}
	if len(kept) > 0 {
		t.Errorf("there are none of %v", kept)
	}
}

func TestRareIsGivenBack(t *testing.T) {
	if r := new(Session).rare(); r != nil {
		t.Errorf("a session that has nothing rare has %+v", r)
	}
	for name, has := range map[string]Session{
		"objects":        {mine: portable{objects: new(sysvar.Objects)}},
		"kills":          {mine: portable{kills: map[uint32]*preparedKill{}, killPrepared: 7}},
		"stay":           {stay: new(stay)},
		"owed":           {mine: portable{owed: dues{block: []byte("x")}}},
		"schema":         {mine: portable{owed: dues{schema: true}}},
		"what is unsure": {mine: portable{unsure: true}},
		"access mode":    {mine: portable{access: digest.ReadOnly}},
	} {
		r := has.rare()
		if r == nil {
			t.Errorf("%s: lost", name)
			continue
		}
		var got Session
		r.giveBack(&got)
		if !reflect.DeepEqual(got, has) {
			t.Errorf("%s: got %+v, want %+v", name, got.mine, has.mine)
		}
	}
}
