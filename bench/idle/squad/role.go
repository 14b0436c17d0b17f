package squad

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"parkway/bench/idle/crowd"
)

// roleVariable, in the environment, makes this program a part of a squad.
const roleVariable = "PARKWAY_IDLE_ROLE"

const crowdRole = "crowd"

// RunRole is the first thing in main, and in TestMain. In a process that a Squad has started it does what the squad orders until the
// pipe is closed, and then ends the process; in any other it does nothing.
func RunRole() {
	if os.Getenv(roleVariable) != crowdRole {
		return
	}
	runtime.LockOSThread()
	if err := obey(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "squad:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// order is what a part is told. The first carries a configuration. Of the others, one field is set, or none to only look.
type order struct {
	Config *crowd.Config
	Open   *opening
	Ask    []crowd.Stream
	Leave  bool
}

type opening struct{ Count, AtOnce int }

// outcome answers an order. State is how the crowd is afterwards.
type outcome struct {
	Error   string // of the crowd as a whole; it is of no use any more
	Arrival crowd.Arrival
	Answers []crowd.Answers
	State   crowd.State
}

// obey carries out orders until there are no more.
func obey(in io.Reader, out io.Writer) error {
	orders, outcomes := gob.NewDecoder(in), gob.NewEncoder(out)
	var c *crowd.Crowd
	for {
		var o order
		if err := orders.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var done outcome
		var err error
		if c, err = o.obey(c, &done); err != nil {
			done.Error = err.Error()
		}
		if err := outcomes.Encode(done); err != nil {
			return err
		}
	}
}

// obey carries out one order; c is nil before the first.
func (o order) obey(c *crowd.Crowd, done *outcome) (*crowd.Crowd, error) {
	var err error
	switch {
	case o.Config != nil:
		if c, err = crowd.New(*o.Config); err != nil {
			return nil, err
		}
	case o.Open != nil:
		done.Arrival, err = c.Open(o.Open.Count, o.Open.AtOnce)
	case o.Ask != nil:
		done.Answers, err = c.Ask(o.Ask...)
	case o.Leave:
		return c, c.Leave()
	}
	if err == nil {
		done.State, err = c.Look()
	}
	return c, err
}
