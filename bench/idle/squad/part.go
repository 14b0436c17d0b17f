package squad

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"parkway/bench/idle/crowd"
	"parkway/bench/servers/process"
)

// stopGrace is how long a process that has no more orders may take to end.
const stopGrace = 10 * time.Second

// part is one process of a squad, seen from outside. For one goroutine.
type part struct {
	process  *process.Process
	in       io.Closer
	orders   *gob.Encoder
	outcomes *gob.Decoder
	size     int // sessions that it was told to open
}

// startPart starts the process and hands it its configuration.
func startPart(c crowd.Config) (*part, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), roleVariable+"="+crowdRole)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p := &part{in: in, orders: gob.NewEncoder(in), outcomes: gob.NewDecoder(out)}
	if p.process, err = process.Start(cmd); err != nil {
		return nil, err
	}
	if _, err := p.do(order{Config: &c}); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// do gives an order and waits for its outcome.
func (p *part) do(o order) (outcome, error) {
	if err := p.orders.Encode(o); err != nil {
		return outcome{}, fmt.Errorf("order to the clients' process: %w", err)
	}
	var done outcome
	if err := p.outcomes.Decode(&done); err != nil {
		return outcome{}, fmt.Errorf("answer of the clients' process: %w", err)
	}
	if done.Error != "" {
		return outcome{}, errors.New("the clients' process: " + done.Error)
	}
	return done, nil
}

// stop ends the process.
func (p *part) stop() {
	// The only error is that the process has ended.
	_ = p.in.Close()
	p.process.Stop(stopGrace)
}
