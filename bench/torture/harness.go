package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"parkway/bench/servers"
	"parkway/bench/torture/grammar"
	"parkway/bench/torture/play"
	"parkway/bench/torture/script"
)

const (
	answerLimit = 2 * time.Minute  // what comes later is no answer
	quietLimit  = 20 * time.Second // for a server to see its clients off
	quietPoll   = 2 * time.Millisecond
	setupAtOnce = 4 // clients whose schemas are made at the same time
)

// serverArgs make servers that forget quickly. What waits for a lock that
// somebody left behind is not to wait for long.
var serverArgs = []string{
	"--skip-log-bin", "--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=0",
	// MariaDB's threads keep things like FOUND_ROWS() for the next client.
	"--thread-cache-size=0",
	"--lock-wait-timeout=3", "--innodb-lock-wait-timeout=3",
}

// subject is what is compared with a server.
type subject interface {
	// fresh gives the address of a proxy that has served nobody yet, with that
	// many connections to the server at most. The one before it has ended.
	fresh(ctx context.Context, backends int) (addr string, err error)
	close() error
}

// harness plays scripts at a server and at a subject in front of another. Its
// methods are for one goroutine.
type harness struct {
	control *servers.Cluster // asked directly
	backend *servers.Cluster // behind the subject
	subject subject

	addr     string // of the subject; "": none yet
	backends int    // it was started with
	// schemas are the clients whose schemas exist; true: definitions were changed.
	schemas map[int]bool
}

// start starts the two servers, with args behind serverArgs. The caller sets the subject.
func start(ctx context.Context, f servers.Flavor, args ...string) (*harness, error) {
	h := &harness{schemas: map[int]bool{}}
	var group errgroup.Group
	for _, cluster := range []**servers.Cluster{&h.control, &h.backend} {
		group.Go(func() error {
			c, err := servers.Start(ctx, servers.Options{Flavor: f, Args: slices.Concat(serverArgs, args)})
			if err != nil {
				return err
			}
			*cluster = c
			return execute(ctx, c, grammar.Accounts(f))
		})
	}
	if err := group.Wait(); err != nil {
		h.stop()
		return nil, err
	}
	return h, nil
}

// stop ends the subject and the servers.
func (h *harness) stop() error {
	var err error
	if h.subject != nil {
		err = h.subject.close()
	}
	for _, c := range []*servers.Cluster{h.control, h.backend} {
		if c != nil {
			c.Stop()
		}
	}
	return err
}

// round plays a script on both sides and compares. A subject that has served
// others before is used unless fresh, or unless the script wants another number
// of backends.
func (h *harness) round(ctx context.Context, s *script.Script, fresh bool) ([]play.Difference, error) {
	if err := h.prepare(ctx, s, fresh || h.addr == "" || h.backends != s.Backends); err != nil {
		return nil, err
	}
	direct := h.control.Servers[0]
	targets := [2]play.Target{
		{Addr: fmt.Sprintf("%s:%d", direct.Host, direct.Port), Timeout: answerLimit},
		{Addr: h.addr, Timeout: answerLimit},
	}
	var transcripts [2]*play.Transcript
	var errs [2]error
	var group sync.WaitGroup
	for i, target := range targets {
		group.Go(func() { transcripts[i], errs[i] = play.Play(ctx, target, s) })
	}
	group.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	if err := play.Unanswered(s, transcripts[0]); err != nil {
		return nil, fmt.Errorf("seed %d, the server itself: %w", s.Seed, err)
	}
	for _, e := range s.Entries {
		h.schemas[e.Client] = h.schemas[e.Client] || grammar.Defines(e.Step)
	}
	return play.Compare(s, transcripts[0], transcripts[1]), nil
}

// prepare makes both sides as every script finds them.
func (h *harness) prepare(ctx context.Context, s *script.Script, fresh bool) error {
	if fresh {
		var err error
		if h.addr, err = h.subject.fresh(ctx, s.Backends); err != nil {
			return err
		}
		h.backends = s.Backends
		if err := quiet(ctx, h.backend); err != nil {
			return err
		}
	}
	if err := quiet(ctx, h.control); err != nil {
		return err
	}
	var group errgroup.Group
	for name, c := range map[string]*servers.Cluster{"server": h.control, "server behind the proxy": h.backend} {
		group.Go(func() error {
			if err := h.setup(ctx, c, s, fresh); err != nil {
				return fmt.Errorf("seed %d: make schemas on the %s (does a client before it still hold a lock?): %w", s.Seed, name, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, client := range s.Clients {
		h.schemas[client.ID] = false
	}
	return nil
}

// setup makes the schemas of a script's clients, or makes them as they were;
// the counters of AUTO_INCREMENT only if fresh. They are the same on both sides
// as long as there was no difference.
func (h *harness) setup(ctx context.Context, c *servers.Cluster, s *script.Script, fresh bool) error {
	var group errgroup.Group
	group.SetLimit(setupAtOnce)
	for _, client := range s.Clients {
		group.Go(func() error { return execute(ctx, c, h.statements(c.Flavor, client.ID, fresh)) })
	}
	return group.Wait()
}

// statements are the cheapest that bring a client's schemas into their first
// state.
func (h *harness) statements(f servers.Flavor, client int, fresh bool) []string {
	changed, exist := h.schemas[client]
	if !exist {
		return grammar.Setup(f, client)
	}
	var statements []string
	if changed {
		statements = grammar.Undo(f, client)
	}
	if fresh {
		return append(statements, grammar.Rewind(f, client)...)
	}
	return append(statements, grammar.Restore(client)...)
}

// execute runs statements as root.
func execute(ctx context.Context, c *servers.Cluster, statements []string) error {
	for _, sql := range statements {
		if _, err := c.Servers[0].DB().ExecContext(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// quiet waits until a server has seen off all clients of scripts: locks are
// free only then. MySQL may fail to list them, as long as one runs a text that is
// not of its character set.
func quiet(ctx context.Context, c *servers.Cluster) error {
	ctx, cancel := context.WithTimeout(ctx, quietLimit)
	defer cancel()
	ticker := time.NewTicker(quietPoll)
	defer ticker.Stop()
	var why error // that the last look was not the last
	for {
		var clients int
		err := c.Servers[0].DB().QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.processlist WHERE user IN (?, ?)",
			play.User, play.Other).Scan(&clients)
		switch {
		case ctx.Err() != nil: // which cut this look off
		case err != nil:
			why = fmt.Errorf("list the clients: %w", err)
		case clients == 0:
			return nil
		default:
			why = fmt.Errorf("%d clients are still there", clients)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return errors.Join(why, ctx.Err())
		}
	}
}

// repeat plays a script with a fresh subject, up to so many times, until it
// shows a difference.
func (h *harness) repeat(ctx context.Context, s *script.Script, attempts int) ([]play.Difference, error) {
	for range attempts {
		differences, err := h.round(ctx, s, true)
		if err != nil || len(differences) > 0 {
			return differences, err
		}
	}
	return nil, nil
}
