package session

import (
	"slices"

	"parkway/hostgroup/stmt"
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
	"parkway/reactor"
)

// parked is what is kept of a session while nothing happens on it. Of those there are very many, so that it is small and has few pointers
// for the garbage collector to follow.
type parked struct {
	prev, next int32 // in the order of parking; of a free one: next is the next free one
	fd         int32
	id         uint32 // 0: this one is free
	since      int64  // loop time of the last command
	past       past
	shared     *shared
	statements *stmt.ClientStatements
	rare       *rare // nil if all of it is zero
	nonce      [20]byte
	peer       reactor.Peer
	status     protocol.StatusFlags
	asksRows   bool
}

// rare is what few sessions have.
type rare struct {
	objects      *sysvar.Objects
	kills        map[uint32]*preparedKill
	killPrepared uint32
	stay         *stay
	owed         dues
	unsure       bool
	access       digest.AccessMode

	refusedChanges uint8
	warnings       []byte // see keptWarnings
}

// rare is what the session has of it; nil if that is nothing.
func (s *Session) rare() *rare {
	m, warnings := &s.mine, s.keptWarnings()
	if m.objects == nil && m.kills == nil && s.stay == nil && m.owed.none() && !m.unsure && m.access == digest.AccessUnsaid &&
		s.refusedChanges == 0 && warnings == nil {
		return nil
	}
	return &rare{
		objects: m.objects, kills: m.kills, killPrepared: m.killPrepared, stay: s.stay,
		owed: m.owed, unsure: m.unsure, access: m.access,
		refusedChanges: s.refusedChanges, warnings: warnings,
	}
}

// giveBack gives it to the session.
func (r *rare) giveBack(s *Session) {
	m := &s.mine
	m.objects, m.kills, m.killPrepared, s.stay = r.objects, r.kills, r.killPrepared, r.stay
	m.owed, m.unsure, m.access = r.owed, r.unsure, r.access
	s.refusedChanges = r.refusedChanges
	if r.warnings != nil {
		s.scriptOf().warnings = r.warnings
	}
}

// none is no place in a lot.
const none int32 = -1

// blockSize is how many parked sessions lie together in memory: a block fills one of the allocator's size classes, of 32 KiB, nearly.
const blockSize = 240

// lotBlocks is how many blocks a lot may have had for what finds them to be kept when nothing is parked any more.
const lotBlocks = 4

// lot is where one worker's parked sessions are: in blocks, so that they are few objects, found by id or by place, and linked in the
// order in which they were parked. Loop only.
type lot struct {
	blocks []*block
	byID   map[uint32]int32
	first  int32 // parked for longest
	last   int32
	spare  []int32 // blocks, by index, that have free places
}

// block is some places of a lot.
type block struct {
	places [blockSize]parked
	free   int32 // the first free one, by its index in the block
	used   int
}

func newLot() lot { return lot{byID: make(map[uint32]int32), first: none, last: none} }

// at is what is parked at a place. The pointer is valid until the place is given back.
func (l *lot) at(place int32) *parked { return &l.blocks[place/blockSize].places[place%blockSize] }

// find returns the place of the session with this id; none if it is not parked.
func (l *lot) find(id uint32) int32 {
	if place, ok := l.byID[id]; ok {
		return place
	}
	return none
}

// put makes room for a session with this id, parked last. All but the id is zero.
func (l *lot) put(id uint32) (place int32, p *parked) {
	if len(l.spare) == 0 {
		l.grow()
	}
	index := l.spare[len(l.spare)-1]
	b := l.blocks[index]
	place = index*blockSize + b.free
	p = &b.places[b.free]
	b.free = p.next
	if b.used++; b.used == blockSize {
		l.spare = l.spare[:len(l.spare)-1]
	}
	*p = parked{id: id, prev: l.last, next: none}
	if l.last != none {
		l.at(l.last).next = place
	} else {
		l.first = place
	}
	l.last = place
	l.byID[id] = place
	return place, p
}

// grow adds a block, where there was one before if possible.
func (l *lot) grow() {
	b := new(block)
	for i := range b.places {
		b.places[i].next = int32(i) + 1
	}
	b.places[blockSize-1].next = none
	for i, old := range l.blocks {
		if old == nil {
			l.blocks[i] = b
			l.spare = append(l.spare, int32(i))
			return
		}
	}
	l.blocks = append(l.blocks, b)
	l.spare = append(l.spare, int32(len(l.blocks)-1))
}

// remove gives a place back.
func (l *lot) remove(place int32) {
	p := l.at(place)
	if p.prev != none {
		l.at(p.prev).next = p.next
	} else {
		l.first = p.next
	}
	if p.next != none {
		l.at(p.next).prev = p.prev
	} else {
		l.last = p.prev
	}
	delete(l.byID, p.id)
	index := place / blockSize
	b := l.blocks[index]
	*p = parked{next: b.free}
	b.free = place % blockSize
	if b.used == blockSize {
		l.spare = append(l.spare, index)
	}
	if b.used--; b.used == 0 && len(l.spare) > 1 { // one is kept, for a session that is parked again and again
		l.blocks[index] = nil
		l.spare = slices.DeleteFunc(l.spare, func(i int32) bool { return i == index })
	}
	if len(l.byID) == 0 && len(l.blocks) > lotBlocks {
		*l = newLot() // A map stays as large as it was once.
	}
}
