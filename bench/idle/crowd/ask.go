package crowd

import (
	"fmt"
	"math"
	"time"
)

// askPerTurn is how many queries are sent before the crowd looks for answers again: what waits in a socket looks like a slow answer.
const askPerTurn = 64

// Stream is queries of some of a crowd's sessions, one after the other and round again. A session whose turn comes while
// its last answer is still awaited is passed over.
type Stream struct {
	First, Count int     // sessions, in the order in which they came
	Total        int     // queries
	PerSecond    float64 // evenly spread; 0: as fast as possible
}

// Answers is what came of a Stream.
type Answers struct {
	Failed int             // queries without the right answer
	Took   time.Duration   // from the first query of all streams to the last answer of this one
	Times  []time.Duration // of each query that was answered, from its sending to the end of the answer
}

// asking is a stream under way.
type asking struct {
	Stream
	Answers
	sent int // queries, also those that could not be sent
	next int // whose turn it is, from First on
}

// due is how many queries should have been sent so long after the beginning.
func (a *asking) due(elapsed time.Duration) int {
	if a.PerSecond == 0 {
		return a.Total
	}
	return min(a.Total, 1+int(elapsed.Seconds()*a.PerSecond))
}

// until is how long after the beginning the next query is due.
func (a *asking) until() time.Duration {
	switch {
	case a.sent == a.Total:
		return math.MaxInt64
	case a.PerSecond == 0:
		return 0
	}
	return time.Duration(float64(a.sent) / a.PerSecond * float64(time.Second))
}

func (a *asking) over() bool { return len(a.Times)+a.Failed == a.Total }

// Ask sends the queries of the streams, which have no session in common, and checks the answers. It returns when all have come, or
// patience ran out. The error is the crowd's own.
func (c *Crowd) Ask(streams ...Stream) ([]Answers, error) {
	under := make([]asking, len(streams))
	for i, s := range streams {
		if s.First < 0 || s.Count < 1 || s.First+s.Count > len(c.sessions) || i > math.MaxUint8 {
			return nil, fmt.Errorf("stream %d: sessions %d to %d of %d", i, s.First, s.First+s.Count, len(c.sessions))
		}
		under[i] = asking{Stream: s, Answers: Answers{Times: make([]time.Duration, 0, s.Total)}}
	}
	begun := c.now()
	c.heard = begun
	c.done = func(s *session) {
		now := c.now()
		a := &under[s.stream]
		a.Times = append(a.Times, s.age(now))
		a.Took = time.Duration(now - begun)
	}
	c.failed = func(s *session) { under[s.stream].Failed++ }
	defer func() { c.done, c.failed = nil, nil }()
	for {
		over, waiting := true, time.Duration(math.MaxInt64)
		for i := range under {
			a := &under[i]
			stuck := c.advance(byte(i), a, time.Duration(c.now()-begun))
			over = over && a.over()
			if !stuck {
				waiting = min(waiting, a.until()-time.Duration(c.now()-begun))
			}
		}
		if over {
			break
		}
		if err := c.wait(waiting); err != nil {
			return nil, err
		}
	}
	answers := make([]Answers, len(under))
	for i := range under {
		answers[i] = under[i].Answers
	}
	return answers, nil
}

// advance sends what is due, up to askPerTurn. stuck: nobody can be asked before an answer comes.
func (c *Crowd) advance(stream byte, a *asking, elapsed time.Duration) (stuck bool) {
	for due := min(a.due(elapsed), a.sent+askPerTurn); a.sent < due; a.sent++ {
		s, alive := c.pick(a)
		if !alive {
			a.Failed += a.Total - a.sent
			a.sent = a.Total
			return false
		}
		if s == nil {
			return true
		}
		c.askOne(s, stream)
	}
	return false
}

// pick finds the session whose turn it is, nil if all are waiting for answers; alive is false when there are none left.
func (c *Crowd) pick(a *asking) (s *session, alive bool) {
	for range a.Count {
		s := &c.sessions[a.First+a.next]
		a.next = (a.next + 1) % a.Count
		switch s.phase {
		case quiet:
			return s, true
		case asked:
			alive = true
		}
	}
	return nil, alive
}

func (c *Crowd) askOne(s *session, stream byte) {
	c.number++
	c.out = s.query(c.out[:0], c.number)
	s.stream, s.since = stream, c.now()
	if c.busy == 0 {
		c.heard = s.since
	}
	c.busy++
	if err := send(s, c.out); err != nil {
		c.fail(s, err)
	}
}
