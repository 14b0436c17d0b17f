// Package proxy runs the parkway program for tests, benches and `make run`, as
// a user would: a configuration file, a process, its ports, its metrics.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parkway/bench/servers/port"
	"parkway/bench/servers/process"
	"parkway/bench/servers/scratch"
)

const (
	host         = "127.0.0.1"
	pollInterval = 5 * time.Millisecond // between looks at a proxy that is not ready
	startLimit   = 2 * time.Minute      // for StartT, the build included
	stopGrace    = 40 * time.Second     // between SIGTERM and SIGKILL: above the default of shutdown_timeout_ms
	httpTimeout  = 5 * time.Second
)

// Options say how to start a proxy.
type Options struct {
	Config Config
	Port   int      // for clients; 0: a free one
	Unix   bool     // listen on a unix socket too
	Env    []string // added to the environment: "GODEBUG=gctrace=1"
}

// Proxy is one run of parkway. Its methods may be called from any goroutine.
type Proxy struct {
	// Immutable.
	Host       string // always 127.0.0.1
	Port       int
	Addr       string // Host:Port
	UnixSocket string // "" without Options.Unix
	HTTP       string // host:port of /metrics and /healthz
	ConfigFile string // rewrite it with WriteConfig, then Reload

	options  Options
	dir      *scratch.Dir
	client   *http.Client
	reserved []*port.Port
	process  *process.Process
}

// Start starts a proxy and returns when it is ready for clients. ctx bounds the
// start only: the proxy runs until Stop, or until this process ends, however it
// does. The error quotes the proxy's log.
func (b *Binary) Start(ctx context.Context, o Options) (*Proxy, error) {
	program, err := b.Path(ctx)
	if err != nil {
		return nil, err
	}
	p := &Proxy{Host: host, options: o, client: &http.Client{Timeout: httpTimeout}}
	if err := p.start(ctx, program); err != nil {
		return nil, errors.Join(fmt.Errorf("start parkway: %w", err), p.close())
	}
	return p, nil
}

// StartT starts a proxy for one test, or fails it, and stops it in its Cleanup,
// where an exit code other than 0 is a failure too. The log is shown when the
// test has failed.
func (b *Binary) StartT(t testing.TB, o Options) *Proxy {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startLimit)
	defer cancel()
	p, err := b.Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		running := p.process.Running()
		if code, err := p.stop(); running && (err != nil || code != 0) {
			t.Errorf("parkway stopped with exit code %d, %v", code, err)
		}
		if t.Failed() {
			t.Logf("log of parkway:\n%s", p.Log())
		}
		if err := p.close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func (p *Proxy) start(ctx context.Context, program string) error {
	var err error
	if p.dir, err = scratch.Open("parkway-proxy-"); err != nil {
		return err
	}
	if p.Port = p.options.Port; p.Port == 0 {
		if p.Port, err = p.reserve(); err != nil {
			return err
		}
	}
	p.Addr = fmt.Sprintf("%s:%d", host, p.Port)
	number, err := p.reserve()
	if err != nil {
		return err
	}
	p.HTTP = fmt.Sprintf("%s:%d", host, number)
	if p.options.Unix {
		p.UnixSocket = filepath.Join(p.dir.Path, "sock")
	}
	p.ConfigFile = filepath.Join(p.dir.Path, "parkway.toml")
	if err := p.WriteConfig(p.options.Config); err != nil {
		return err
	}
	return p.run(ctx, program)
}

// run starts the process and waits until it is ready.
func (p *Proxy) run(ctx context.Context, program string) error {
	log, err := os.Create(p.LogFile())
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(program, "serve", "--config", p.ConfigFile)
	cmd.Env = append(os.Environ(), p.options.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	if p.process, err = process.Start(cmd); err != nil {
		return err
	}
	if err := p.awaitReady(ctx); err != nil {
		p.process.Kill()
		return fmt.Errorf("%w\n%s", err, p.Log())
	}
	return nil
}

// awaitReady polls /healthz until it says that the proxy serves.
func (p *Proxy) awaitReady(ctx context.Context) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		status, err := p.Health(ctx)
		if err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-ticker.C:
		case <-p.process.Done():
			return errors.New("it ended: " + p.process.Exit())
		case <-ctx.Done():
			return fmt.Errorf("it is not ready (/healthz: %d, %w): %w", status, err, ctx.Err())
		}
	}
}

// reserve reserves a port for as long as the proxy is there.
func (p *Proxy) reserve() (int, error) {
	r, err := port.Reserve()
	if err != nil {
		return 0, err
	}
	p.reserved = append(p.reserved, r)
	return r.Number(), nil
}

// WriteConfig writes the configuration file anew, with the same ports. A proxy
// that runs reads it at the next SIGHUP.
func (p *Proxy) WriteConfig(c Config) error {
	listen := []string{p.Addr}
	if p.UnixSocket != "" {
		listen = append(listen, "unix:"+p.UnixSocket)
	}
	text, err := c.toml(listen, p.HTTP)
	if err != nil {
		return err
	}
	return os.WriteFile(p.ConfigFile, []byte(text), 0o600)
}

// DSN names the proxy for go-sql-driver/mysql, without parameters.
func (p *Proxy) DSN(user, pass, db string) string {
	return fmt.Sprintf("%s:%s@tcp(%s)/%s", user, pass, p.Addr, db)
}

// PID is the process.
func (p *Proxy) PID() int { return p.process.PID() }

// Signal sends a signal: SIGHUP to read the configuration again, SIGTERM to
// drain.
func (p *Proxy) Signal(sig os.Signal) error { return p.process.Signal(sig) }

// Done is closed when the process has ended.
func (p *Proxy) Done() <-chan struct{} { return p.process.Done() }

// ExitCode waits for the end of the process. It is -1 when a signal ended it.
func (p *Proxy) ExitCode() int { return p.process.ExitCode() }

// Kill kills the process (SIGKILL) and returns when it is gone.
func (p *Proxy) Kill() { p.process.Kill() }

// Stop asks the proxy to end (SIGTERM), waits until it has, and removes its
// files. It must have ended 40 s later, else it is killed, which is an error.
func (p *Proxy) Stop() (exitCode int, err error) {
	exitCode, err = p.stop()
	return exitCode, errors.Join(err, p.close())
}

func (p *Proxy) stop() (exitCode int, err error) {
	if p.process.Stop(stopGrace) {
		err = fmt.Errorf("parkway did not end %v after SIGTERM and was killed", stopGrace)
	}
	return p.process.ExitCode(), err
}

// close gives back what a proxy has that does not run.
func (p *Proxy) close() error {
	p.client.CloseIdleConnections()
	for _, r := range p.reserved {
		r.Release()
	}
	p.reserved = nil
	if p.dir == nil {
		return nil
	}
	return p.dir.Close()
}

// LogFile is where the proxy logs; it is gone after Stop.
func (p *Proxy) LogFile() string { return filepath.Join(p.dir.Path, "log") }

// Log is all that the proxy has printed; "" after Stop.
func (p *Proxy) Log() string {
	text, err := os.ReadFile(p.LogFile())
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(string(text), "?")
}
