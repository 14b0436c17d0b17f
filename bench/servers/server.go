package servers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/go-sql-driver/mysql"

	"parkway/bench/servers/port"
	"parkway/bench/servers/process"
)

const (
	stopGrace    = 10 * time.Second      // between SIGTERM and SIGKILL
	pollInterval = 10 * time.Millisecond // between looks at a server that is not ready
	portTries    = 5                     // ports tried when others take them first
)

// Server is one server of a cluster. Its methods are for one goroutine at a
// time, but DB's result for any.
type Server struct {
	// Immutable after Start.
	Host   string // always 127.0.0.1
	Port   int
	Socket string // path of the unix socket

	setup    *setup
	index    int    // in Cluster.Servers
	dir      string // holds my.cnf, error.log, stdout, sock, data/
	reserved *port.Port
	db       *sql.DB

	// Replaced at each start.
	process *process.Process
}

// newServer prepares the directory of server number i. Nothing runs yet.
func newServer(s *setup, i int) (*Server, error) {
	dir := filepath.Join(s.dir, strconv.Itoa(i))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	if err := giveTo(dir, s.owner); err != nil {
		return nil, err
	}
	if err := copyTree(s.template, filepath.Join(dir, "data")); err != nil {
		return nil, fmt.Errorf("copy the data directory: %w", err)
	}
	return &Server{Host: "127.0.0.1", Socket: filepath.Join(dir, "sock"), setup: s, index: i, dir: dir}, nil
}

// start starts the server for the first time. A port that somebody takes
// between its choice and the server's bind is given up for another.
func (s *Server) start(ctx context.Context) error {
	for try := 1; ; try++ {
		var err error
		if s.reserved, err = port.Reserve(); err != nil {
			return err
		}
		s.Port = s.reserved.Number()
		if s.db, err = s.open(); err != nil {
			return err
		}
		if err = s.run(ctx); err == nil {
			return nil
		}
		if try == portTries || ctx.Err() != nil || port.Free(s.Port) {
			return err
		}
		s.db.Close()
		s.reserved.Release()
	}
}

// run starts the server's process and waits until it answers. If it does not,
// none runs.
func (s *Server) run(ctx context.Context) error {
	file := filepath.Join(s.dir, "my.cnf")
	if err := os.WriteFile(file, []byte(s.optionFile()), 0o644); err != nil {
		return err
	}
	args := append([]string{"--defaults-file=" + file}, s.setup.options.Args...)
	var err error
	s.process, err = launch(exec.Command(s.setup.installed.daemon, args...), s.setup.owner, filepath.Join(s.dir, "stdout"))
	if err != nil {
		return err
	}
	if err := s.awaitReady(ctx); err != nil {
		s.process.Kill()
		return fmt.Errorf("server %d is not ready: %w\n%s", s.index, err, s.Log())
	}
	return nil
}

// awaitReady polls until the server answers a query.
func (s *Server) awaitReady(ctx context.Context) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		err := s.db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ticker.C:
		case <-s.process.Done():
			return errors.New("it ended: " + s.process.Exit())
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", ctx.Err(), err)
		}
	}
}

// open prepares root's connections for the harness itself. The driver's own log
// is off: a server that is down is daily business here.
func (s *Server) open() (*sql.DB, error) {
	config, err := mysql.ParseDSN(s.DSN("root", "", ""))
	if err != nil {
		return nil, err
	}
	config.MultiStatements = true
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// DSN names the server for go-sql-driver/mysql, without parameters: "?tls=..."
// may be appended.
func (s *Server) DSN(user, pass, db string) string {
	address := fmt.Sprintf("tcp(%s:%d)", s.Host, s.Port)
	if s.setup.options.Unix {
		address = fmt.Sprintf("unix(%s)", s.Socket)
	}
	return fmt.Sprintf("%s:%s@%s/%s", user, pass, address, db)
}

// DB is root's connection pool, several statements in one call allowed. The
// cluster closes it.
func (s *Server) DB() *sql.DB { return s.db }

// PID is the server's process, the last one if it is down.
func (s *Server) PID() int { return s.process.PID() }

// Stat is what /proc says of the server's process: CPU time and memory.
func (s *Server) Stat() (process.Stat, error) { return s.process.Stat() }

// Kill kills the server (SIGKILL) and returns when it is gone.
func (s *Server) Kill() { s.process.Kill() }

// Shutdown lets the server end in its own way (SIGTERM; SIGKILL 10 s later) and
// returns when it is gone.
func (s *Server) Shutdown() { s.process.Stop(stopGrace) }

// Freeze stops the server (SIGSTOP): the kernel still takes connections and
// bytes for it, nothing is answered. It returns when the server stands still.
func (s *Server) Freeze(ctx context.Context) error { return s.process.Freeze(ctx) }

// Thaw lets a frozen server go on.
func (s *Server) Thaw(ctx context.Context) error { return s.process.Thaw(ctx) }

// Restart starts the server again, at the same port, with the same data, after
// ending it if it runs. It returns when the server answers; replicas find each
// other again within a second or so.
func (s *Server) Restart(ctx context.Context) error {
	s.Shutdown()
	return s.run(ctx)
}

// Log is the end of the server's error log.
func (s *Server) Log() string {
	return tail(filepath.Join(s.dir, "stdout")) + tail(filepath.Join(s.dir, "error.log"))
}

// close ends the server, with end if it was ever started, and gives back
// everything the harness has with it.
func (s *Server) close(end func(*Server)) {
	if s.db != nil {
		// First: MySQL gives clients that are there two seconds to leave.
		s.db.Close()
	}
	if s.process != nil {
		end(s)
	}
	if s.reserved != nil {
		s.reserved.Release()
	}
}

// tailSize is how much of a log is quoted, in bytes.
const tailSize = 4096

// tail is the end of a file; "" if it cannot be read.
func tail(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(text[max(0, len(text)-tailSize):])
}
