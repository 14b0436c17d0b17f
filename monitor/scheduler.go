package monitor

import (
	"container/heap"
	"context"
	"time"
)

// firstRound is within what time servers that are new are asked for the first
// time, if their interval is longer; firstLook is that for their read_only.
const (
	firstRound = time.Second
	firstLook  = 100 * time.Millisecond
)

// Servers are asked at the strokes of a clock that all schedulers have in common, not each at a time of its own, so that the process does not wake up
// for each, which costs more than the checks do. They are asked a little more often than their interval says, so that one that is asked late is not
// asked after more than the interval.
const (
	// early and its part of the interval are how much more often.
	early      = 50 * time.Millisecond
	earlyParts = 50
	// grain is the time between two strokes: a whole number of them is an interval of
	// whole tenths of a second, up to 2.5 s, less what it is early. Where the interval
	// is short, there are as many strokes in it as there are grains.
	grain  = 98 * time.Millisecond
	grains = 15
)

// plan is what a scheduler is to do.
type plan struct {
	servers []*server
	every   time.Duration
	first   time.Duration // within what time servers that are new are asked, if every is longer
}

// scheduler calls a function for each server, once in an interval. The servers
// are spread over the interval, so that they are not asked all at once, and each
// keeps its place in it.
type scheduler struct {
	// Immutable.
	began  time.Time // the first stroke of the clock
	offset float64   // of the place in the interval, as a part of it: other schedulers have others
	// fire asks a server, and must not block; false: it is being asked already. again:
	// that is no news, because it was so before at this turn, or it is asked out of turn.
	fire  func(s *server, again bool) bool
	plans chan plan   // has room for the latest
	hasty chan string // servers that are to be asked now

	// Owned by run.
	every time.Duration
	turns turns
	named map[string]*turn
}

// hurryPause is how soon after a question to a server the next one may be asked
// out of turn; maxHasty how many such wishes are kept.
const (
	hurryPause = 50 * time.Millisecond
	maxHasty   = 1024
)

// turn is when a server is asked next.
type turn struct {
	server *server
	due    time.Time

	// Of a regular one.
	place  float64   // in the interval, as a part of it
	second time.Time // when it is to be asked again, if it has not been asked yet; else zero
	asked  time.Time
	missed bool  // it was its turn, and it was still being asked
	hasty  *turn // one out of turn that waits; nil: none

	regular *turn // of one out of turn, which is for once: that of its server
}

// newScheduler returns a scheduler without a plan. began is when the clock began that all have in common.
func newScheduler(began time.Time, offset float64, fire func(s *server, again bool) bool) *scheduler {
	return &scheduler{began: began, offset: offset, fire: fire, plans: make(chan plan, 1), hasty: make(chan string, maxHasty)}
}

// apply replaces the plan. One caller at a time.
func (s *scheduler) apply(p plan) {
	select {
	case <-s.plans: // It has not been looked at.
	default:
	}
	s.plans <- p
}

// run does what the plans say until ctx is done.
func (s *scheduler) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case p := <-s.plans:
			s.change(p, time.Now())
		case name := <-s.hasty:
			s.haste(name, time.Now())
		case <-timer.C:
			s.pass(time.Now())
		}
		if len(s.turns) > 0 {
			timer.Reset(time.Until(s.turns[0].due))
		}
	}
}

// change takes a plan over. Servers that stay keep their place, and are asked
// no later than they would have been.
func (s *scheduler) change(p plan, now time.Time) {
	s.every = p.every
	old := make(map[*server]*turn)
	for _, t := range s.turns {
		if t.regular == nil {
			old[t.server] = t
		}
	}
	var all, hasty turns
	fresh := 0
	for _, server := range p.servers {
		t := old[server]
		if t == nil {
			t = &turn{server: server}
			fresh++
		} else {
			place := s.stroke(now.Add(part(p.every, t.place)))
			t.due, t.second = earlier(t.due, place), earlier(t.second, place) // A second that is zero stays so.
			if t.hasty != nil {
				hasty = append(hasty, t.hasty)
			}
		}
		all = append(all, t)
	}
	n := 0
	for _, t := range all {
		if t.due.IsZero() {
			t.place = s.offset + (float64(n)+0.5)/float64(fresh)
			if t.place >= 1 {
				t.place--
			}
			t.due = s.stroke(now.Add(part(min(p.every, p.first), t.place)))
			t.second = s.stroke(now.Add(part(s.round(), t.place)))
			n++
		}
	}
	s.named = make(map[string]*turn)
	for _, t := range all {
		s.named[t.server.name] = t
	}
	s.turns = append(all, hasty...)
	heap.Init(&s.turns)
}

// pass asks the servers whose turn it is.
func (s *scheduler) pass(now time.Time) {
	for len(s.turns) > 0 && !s.turns[0].due.After(now) {
		t := s.turns[0]
		if t.regular != nil {
			s.passHasty(t, now)
			continue
		}
		if s.ask(t, now, t.missed) {
			t.due = s.next(t, now)
		} else {
			t.due, t.missed = s.stroke(now).Add(s.grain()), true
		}
		heap.Fix(&s.turns, 0)
	}
}

// passHasty is pass for a turn out of turn, the next of all. A question that is
// under way may have been answered before there was the wish: then it is put off.
func (s *scheduler) passHasty(t *turn, now time.Time) {
	if t.regular.hasty == t && !s.ask(t.regular, now, true) {
		t.due = now.Add(hurryPause)
		heap.Fix(&s.turns, 0)
		return
	}
	heap.Pop(&s.turns)
}

// ask asks a server, which grants the wish for that, if there is one. It is false
// if the server is being asked already.
func (s *scheduler) ask(t *turn, now time.Time, again bool) bool {
	if !s.fire(t.server, again) {
		return false
	}
	t.asked, t.missed, t.hasty = now, false, nil
	return true
}

// stroke is the last stroke of the clock that is not after t.
func (s *scheduler) stroke(t time.Time) time.Time {
	return s.began.Add(t.Sub(s.began).Truncate(s.grain()))
}

// grain is the time between two strokes.
func (s *scheduler) grain() time.Duration { return min(grain, s.round()/grains) }

// round is the time between two questions to a server.
func (s *scheduler) round() time.Duration { return s.every - min(early, s.every/earlyParts) }

// hurry has a server asked out of turn: now, or hurryPause after it was asked
// last. It never blocks. Any thread.
func (s *scheduler) hurry(name string) {
	select {
	case s.hasty <- name:
	default: // As many wait already.
	}
}

// haste is hurry on the scheduler's goroutine. The server's regular turn stays.
func (s *scheduler) haste(name string, now time.Time) {
	t := s.named[name]
	if t == nil || t.hasty != nil {
		return
	}
	t.hasty = &turn{server: t.server, due: later(now, t.asked.Add(hurryPause)), regular: t}
	heap.Push(&s.turns, t.hasty)
}

// next is when a server that is asked now is asked again: a round after it should
// have been, but the first time at its place in the interval, so that the
// servers are spread from then on.
func (s *scheduler) next(t *turn, now time.Time) time.Time {
	due := s.stroke(t.due.Add(s.round()))
	if !t.second.IsZero() {
		due, t.second = t.second, time.Time{}
	}
	if !due.After(now) {
		return s.stroke(now.Add(s.round())) // This goroutine did not get to run for a while.
	}
	return due
}

func part(d time.Duration, of float64) time.Duration { return time.Duration(float64(d) * of) }

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// turns are a heap, the next at its top.
type turns []*turn

func (t turns) Len() int           { return len(t) }
func (t turns) Less(i, j int) bool { return t[i].due.Before(t[j].due) }
func (t turns) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }
func (t *turns) Push(x any)        { *t = append(*t, x.(*turn)) }

// Pop is for heap.Interface.
func (t *turns) Pop() any {
	old := *t
	x := old[len(old)-1]
	*t = old[:len(old)-1]
	return x
}
