package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"

	"parkway/bench/servers/scratch"
)

// Cluster is a primary and its replicas. Its methods may be called from any
// goroutine; a Server's from one at a time.
type Cluster struct {
	// Immutable.
	Servers []*Server // 0 is the primary, the others its replicas
	CA      string    // path of the PEM file that the servers' certificates verify with; "" without Options.TLS
	Flavor  Flavor
	Version string // of the servers: "10.11.6-MariaDB-0+deb12u1"

	scratch  *scratch.Dir // nil: Options.Dir
	engine   engine
	stopOnce sync.Once
}

// setup is what the servers of a cluster have in common.
type setup struct {
	options   Options
	engine    engine
	installed installation
	owner     *user.User    // whom the servers run as; nil: this process's user
	template  string        // data directory to copy
	tls       *certificates // nil: no TLS
	dir       string
}

// Start starts a primary and o.Replicas replicas, and returns when all answer
// and the replicas replicate. ctx bounds the start only: the servers run until
// Stop, or until this process ends, however it does. If one cannot be started,
// none is left. The error quotes the server's log.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	c, err := start(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Flavor, err)
	}
	return c, nil
}

func start(ctx context.Context, o Options) (*Cluster, error) {
	if o.Replicas < 0 {
		return nil, fmt.Errorf("%d replicas", o.Replicas)
	}
	c := &Cluster{Flavor: o.Flavor}
	s, err := c.prepare(ctx, o)
	if err != nil {
		c.Stop()
		return nil, err
	}
	if err := c.launch(ctx, s); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

// prepare finds or makes all that the servers need before the first starts.
func (c *Cluster) prepare(ctx context.Context, o Options) (*setup, error) {
	e, err := engineOf(o.Flavor)
	if err != nil {
		return nil, err
	}
	s := &setup{options: o, engine: e}
	c.engine = e
	if s.installed, err = e.programs(); err != nil {
		return nil, err
	}
	if s.owner, err = runAs(); err != nil {
		return nil, err
	}
	if s.template, err = e.template(ctx, s.installed, s.owner); err != nil {
		return nil, err
	}
	if c.Version, err = s.installed.version(ctx); err != nil {
		return nil, err
	}
	if s.dir, err = c.openDir(o.Dir); err != nil {
		return nil, err
	}
	if err := reachable(s.dir, s.owner); err != nil {
		return nil, err
	}
	if o.TLS {
		files, err := makeCertificates(filepath.Join(s.dir, "tls"))
		if err != nil {
			return nil, err
		}
		s.tls, c.CA = &files, files.ca
	}
	return s, nil
}

// openDir makes the directory for the data: dir, which is kept, or a temporary
// one if that is "".
func (c *Cluster) openDir(dir string) (string, error) {
	if dir == "" {
		var err error
		if c.scratch, err = scratch.Open("parkway-servers-"); err != nil {
			return "", err
		}
		return c.scratch.Path, nil
	}
	path, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return "", err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return "", err
	}
	if len(entries) > 0 {
		return "", fmt.Errorf("%s is not empty", path)
	}
	return path, nil
}

// launch starts all servers at once, then the replication.
func (c *Cluster) launch(ctx context.Context, s *setup) error {
	var group errgroup.Group
	for i := range 1 + s.options.Replicas {
		server, err := newServer(s, i)
		if err != nil {
			return errors.Join(err, group.Wait())
		}
		c.Servers = append(c.Servers, server)
		group.Go(func() error { return server.start(ctx) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, replica := range c.Servers[1:] {
		group.Go(func() error { return replica.replicate(ctx, c.Servers[0].Port) })
	}
	return group.Wait()
}

// Stop stops all servers and returns when they are gone. Temporary data is
// removed, and not worth a shutdown, which takes MySQL up to ten seconds: those
// servers are killed. Data that is kept is shut down cleanly. Calls after the
// first do nothing.
func (c *Cluster) Stop() {
	c.stopOnce.Do(func() {
		end := (*Server).Shutdown
		if c.scratch != nil {
			end = (*Server).Kill
		}
		var group sync.WaitGroup
		for _, s := range c.Servers {
			group.Go(func() { s.close(end) })
		}
		group.Wait()
		if c.scratch == nil {
			return
		}
		if err := c.scratch.Close(); err != nil {
			fmt.Fprintf(os.Stderr, "servers: %v\n", err)
		}
	})
}

// Exec executes statements, separated by semicolons, at server i as root.
func (c *Cluster) Exec(i int, sql string) error {
	if _, err := c.Servers[i].DB().Exec(sql); err != nil {
		return fmt.Errorf("server %d: %w", i, err)
	}
	return nil
}

// Sync waits until the replicas have executed all that the primary has.
func (c *Cluster) Sync(ctx context.Context) error {
	const patience = 10 // seconds a server waits for one query of the loop
	var position string
	if err := c.Servers[0].DB().QueryRowContext(ctx, c.engine.position).Scan(&position); err != nil {
		return fmt.Errorf("the primary's position: %w", err)
	}
	for i, replica := range c.Servers[1:] {
		for reached := -1; reached != 0; {
			err := replica.DB().QueryRowContext(ctx, c.engine.awaitPosition, position, patience).Scan(&reached)
			if err != nil {
				return fmt.Errorf("wait for replica %d: %w", i+1, err)
			}
		}
	}
	return nil
}
