// Package play plays a script at a server or a proxy, writes down everything
// that a client is told, and compares two such transcripts.
package play

import (
	"context"
	"fmt"
	"sync"
	"time"

	"parkway/bench/torture/script"
)

// User is who the clients of every script log in as.
const User = "torture"

// Other is whom they may change to. The password of both is their name.
const Other = "torture_other"

// patience is how long a step of a strict script may run before the next
// begins beside it.
const patience = 50 * time.Millisecond

// Target is where a script is played.
type Target struct {
	Addr    string        // host:port
	Timeout time.Duration // for an answer; what comes later counts as no answer
}

// Answer is all that a client was told, line by line, without what differs from
// one run to the next: the ids of connections and statements.
type Answer []string

// Transcript is what the clients of a script were told.
type Transcript struct {
	Logins map[int]Answer // by client
	Steps  []Answer       // by entry; nil for what was not begun, its client's connection having ended
	Leaves map[int]Answer // by client
}

// Play plays the script and returns when all clients have left. The error is
// ctx's; whatever else goes wrong is what clients were told.
func Play(ctx context.Context, target Target, s *script.Script) (*Transcript, error) {
	p := &player{
		target: target, script: s,
		transcript: &Transcript{Logins: map[int]Answer{}, Steps: make([]Answer, len(s.Entries)), Leaves: map[int]Answer{}},
		actors:     map[int]*actor{},
	}
	for _, c := range s.Clients {
		p.actors[c.ID] = &actor{
			client: c,
			steps:  make(chan int, len(s.Entries)),
			done:   make(chan struct{}, len(s.Entries)),
		}
	}
	for _, e := range s.Entries {
		p.actors[e.Client].left++
	}
	p.login(ctx)
	var group sync.WaitGroup
	for _, a := range p.actors {
		group.Go(func() { p.act(ctx, a) })
	}
	p.direct(ctx)
	group.Wait()
	for id, a := range p.actors {
		p.transcript.Logins[id], p.transcript.Leaves[id] = a.login, a.leave
	}
	return p.transcript, ctx.Err()
}

// player plays one script once.
type player struct {
	target     Target
	script     *script.Script
	transcript *Transcript // Steps: each element written by its actor only.
	actors     map[int]*actor
}

// actor plays one client.
type actor struct {
	// Immutable.
	client script.Client
	steps  chan int      // Entries to do now; closed behind the last. Has room for all.
	done   chan struct{} // A value for each that was done. Has room for all.

	// Owned by the director.
	left    int // entries that were not sent to steps yet
	running int // entries sent whose end the director has not seen

	// Owned by the actor's goroutine, in turn with login.
	session *session
	login   Answer
	leave   Answer
}

// login logs all clients in, at once.
func (p *player) login(ctx context.Context) {
	var group sync.WaitGroup
	for _, a := range p.actors {
		group.Go(func() { a.session, a.login = open(ctx, p.target, p.script.Flavor, a.client) })
	}
	group.Wait()
}

// act does what the director asks for, and leaves.
func (p *player) act(ctx context.Context, a *actor) {
	for i := range a.steps {
		if a.session != nil && !a.session.ended && ctx.Err() == nil {
			p.transcript.Steps[i] = a.session.do(p.script.Entries[i].Step)
		}
		a.done <- struct{}{}
	}
	if a.session != nil {
		a.leave = a.session.leave(a.client.Leave)
	}
}

// direct tells the actors when to do what.
func (p *player) direct(ctx context.Context) {
	for _, a := range p.actors {
		if a.left == 0 {
			close(a.steps)
		}
	}
	for i, e := range p.script.Entries {
		a := p.actors[e.Client]
		a.send(i)
		if p.script.Order == script.Strict {
			a.await(ctx)
		}
	}
}

// send gives the actor its next entry.
func (a *actor) send(entry int) {
	a.steps <- entry
	a.running++
	if a.left--; a.left == 0 {
		close(a.steps)
	}
}

// await waits for the entry just sent, but not long, and not at all when the
// actor is still busy with one before.
func (a *actor) await(ctx context.Context) {
	for a.running > 1 {
		select {
		case <-a.done:
			a.running--
		default:
			return
		}
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-a.done:
		a.running--
	case <-timer.C:
	case <-ctx.Done():
	}
}

// String is the answer, one line for each of its lines.
func (a Answer) String() string {
	var out string
	for _, line := range a {
		out += fmt.Sprintln(line)
	}
	return out
}
