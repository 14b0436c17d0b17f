package squad

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"parkway/bench/idle/crowd"
)

// reserved is how many descriptors a process keeps for other things than clients.
const reserved = 64

// Squad is clients in several processes. For one goroutine.
type Squad struct {
	capacity int // sessions of one part
	parts    []*part
}

// Room is how many clients one process has descriptors for.
func Room() (int, error) {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return 0, fmt.Errorf("read RLIMIT_NOFILE: %w", err)
	}
	// Go raises the limit to the hard one where a program starts.
	return int(min(l.Max, 1<<30)) - reserved, nil
}

// Start starts as many processes as n clients need, none of which connects yet: perProcess is how many clients each may have, 0 for as many
// as it has descriptors. They end with this one, however it does. Source in c is ignored.
func Start(c crowd.Config, n, perProcess int) (*Squad, error) {
	room, err := Room()
	if err != nil {
		return nil, err
	}
	if perProcess == 0 || perProcess > room {
		perProcess = room
	}
	s := &Squad{capacity: perProcess}
	sources := (s.capacity + crowd.PerSource - 1) / crowd.PerSource
	for left := n; left > 0; left -= s.capacity {
		c.Source = len(s.parts) * sources
		p, err := startPart(c)
		if err != nil {
			s.Stop()
			return nil, err
		}
		s.parts = append(s.parts, p)
	}
	return s, nil
}

// Processes is how many there are.
func (s *Squad) Processes() int { return len(s.parts) }

// Stop ends the processes, and with them their clients.
func (s *Squad) Stop() {
	for _, p := range s.parts {
		p.stop()
	}
	s.parts = nil
}

// each lets every part carry out its order at the same time; a part whose order is nil does nothing, and its outcome is zero.
func (s *Squad) each(orders func(i int, p *part) *order) ([]outcome, error) {
	outcomes := make([]outcome, len(s.parts))
	group, _ := errgroup.WithContext(context.Background())
	for i, p := range s.parts {
		o := orders(i, p)
		if o == nil {
			continue
		}
		group.Go(func() (err error) {
			outcomes[i], err = p.do(*o)
			return err
		})
	}
	return outcomes, group.Wait()
}

// Open lets n more clients come, at most atOnce of them logging in at a time, as crowd.Crowd.Open does. Sessions are numbered in
// the order in which they were opened.
func (s *Squad) Open(n, atOnce int) (crowd.Arrival, error) {
	shares, left := make([]int, len(s.parts)), n
	for i, p := range s.parts {
		shares[i] = min(left, s.capacity-p.size)
		left -= shares[i]
	}
	if left > 0 {
		return crowd.Arrival{}, errors.New("more clients than the squad was started for")
	}
	outcomes, err := s.each(func(i int, p *part) *order {
		if shares[i] == 0 {
			return nil
		}
		p.size += shares[i]
		return &order{Open: &opening{Count: shares[i], AtOnce: max(1, atOnce*shares[i]/n)}}
	})
	var sum crowd.Arrival
	for _, o := range outcomes {
		sum.Opened += o.Arrival.Opened
		sum.Failed += o.Arrival.Failed
		sum.Took = max(sum.Took, o.Arrival.Took)
		sum.Times = append(sum.Times, o.Arrival.Times...)
	}
	return sum, err
}

// Ask sends the queries of the streams, as crowd.Crowd.Ask does.
func (s *Squad) Ask(streams ...crowd.Stream) ([]crowd.Answers, error) {
	orders, indexes := make([]*order, len(s.parts)), make([][]int, len(s.parts))
	for index, stream := range streams {
		pieces, err := s.split(stream)
		if err != nil {
			return nil, err
		}
		for i, piece := range pieces {
			if piece.Total == 0 {
				continue
			}
			if orders[i] == nil {
				orders[i] = new(order)
			}
			orders[i].Ask = append(orders[i].Ask, piece)
			indexes[i] = append(indexes[i], index)
		}
	}
	outcomes, err := s.each(func(i int, _ *part) *order { return orders[i] })
	sums := make([]crowd.Answers, len(streams))
	for i, o := range outcomes {
		for j, a := range o.Answers {
			sum := &sums[indexes[i][j]]
			sum.Failed += a.Failed
			sum.Took = max(sum.Took, a.Took)
			sum.Times = append(sum.Times, a.Times...)
		}
	}
	return sums, err
}

// split divides a stream among the parts, each by how many of its sessions are asked.
func (s *Squad) split(stream crowd.Stream) ([]crowd.Stream, error) {
	pieces := make([]crowd.Stream, len(s.parts))
	first, counted, given := 0, 0, 0
	for i, p := range s.parts {
		low, high := max(stream.First, first), min(stream.First+stream.Count, first+p.size)
		if low < high {
			counted += high - low
			total := int(int64(stream.Total)*int64(counted)/int64(stream.Count)) - given
			given += total
			pieces[i] = crowd.Stream{
				First: low - first, Count: high - low, Total: total,
				PerSecond: stream.PerSecond * float64(high-low) / float64(stream.Count),
			}
		}
		first += p.size
	}
	if stream.First < 0 || stream.Count < 1 || counted != stream.Count {
		return nil, fmt.Errorf("sessions %d to %d of %d", stream.First, stream.First+stream.Count, first)
	}
	return pieces, nil
}

// Look says how the clients are.
func (s *Squad) Look() (crowd.State, error) {
	outcomes, err := s.each(func(int, *part) *order { return new(order) })
	sum := crowd.State{Why: make(map[string]int)}
	for _, o := range outcomes {
		sum.Open += o.State.Open
		sum.Lost += o.State.Lost
		for why, n := range o.State.Why {
			sum.Why[why] += n
		}
	}
	return sum, err
}

// Leave closes all sessions at once and forgets them.
func (s *Squad) Leave() error {
	_, err := s.each(func(_ int, p *part) *order {
		p.size = 0
		return &order{Leave: true}
	})
	return err
}
