package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"parkway/config"
	"parkway/hostgroup"
	"parkway/monitor"
	"parkway/monitor/kill"
	"parkway/monitor/metrics"
	"parkway/protocol/auth"
	"parkway/reactor"
	"parkway/scripting"
	"parkway/session"
	"parkway/session/rules"
	"parkway/session/users"
)

// server is the parts of a running proxy.
type server struct {
	// Immutable.
	file       string
	log        zerolog.Logger
	logFile    *logFile // nil: the log is no file
	group      *reactor.Group
	hostgroups *hostgroup.Manager
	kills      *kill.Pool
	monitor    *monitor.Monitor
	script     *scripting.Engine
	errands    lateErrands
	proxy      *session.Proxy
	http       *http.Server
	clients    int // that there are descriptors for

	// Owned by the control thread.
	cfg *config.Config
}

// serve runs the proxy until a signal ends it, and returns the exit code.
func serve(file string, cfg *config.Config, errs io.Writer) int {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	// A write to standard error that nobody reads any more would end the process.
	signal.Ignore(syscall.SIGPIPE)
	log, logFile, err := newLogger(cfg.Log)
	defer logFile.close()
	if err != nil {
		fmt.Fprintf(errs, "parkway: %v\n", err)
		return exitStart
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s, err := start(ctx, file, cfg, log)
	if err != nil {
		log.Error().Err(err).Msg("cannot start")
		if cfg.Log.File != "" {
			fmt.Fprintf(errs, "parkway: cannot start: %v\n", err)
		}
		return exitStart
	}
	s.logFile = logFile
	go returnMemory(ctx, s.proxy.Sessions)
	for got := range signals {
		if got != syscall.SIGHUP {
			s.stop(got, signals)
			break
		}
		s.reload()
	}
	return exitOK
}

// start makes all parts and lets them run.
func start(ctx context.Context, file string, cfg *config.Config, log zerolog.Logger) (*server, error) {
	for _, w := range cfg.Warnings() {
		log.Warn().Msg(w.String())
	}
	descriptors, err := raiseDescriptors()
	if err != nil {
		return nil, err
	}
	s := &server{file: file, log: log, cfg: cfg, clients: clientsAllowed(descriptors, cfg.Servers)}
	if s.clients == 0 {
		return nil, fmt.Errorf("RLIMIT_NOFILE = %d leaves no descriptors for clients", descriptors)
	}
	if s.group, err = reactor.New(reactor.Config{Loops: cfg.Reactor.EventLoops, Pin: cfg.Reactor.Pin, IdleLoops: cfg.Reactor.IdleLoops, Log: log}); err != nil {
		return nil, err
	}
	s.kills = kill.NewPool(log)
	s.script = scripting.New(scriptOptions(&cfg.Scripting, &s.errands, log))
	if err := s.assemble(ctx); err != nil {
		if s.monitor != nil {
			s.monitor.Close()
		}
		s.group.Stop()
		s.script.Close()
		s.kills.Close(0)
		return nil, err
	}
	s.announce(descriptors)
	return s, nil
}

// assemble makes what runs on the loops, binds everything and starts them.
func (s *server) assemble(ctx context.Context) error {
	cfg, loops := s.cfg, s.group.Loops()
	runtime.GOMAXPROCS(reactor.RecommendedProcs(len(loops)))
	var err error
	if s.hostgroups, err = hostgroup.NewManager(cfg.Servers, s.log, cfg.ReplicationHostgroups...); err != nil {
		return err
	}
	s.monitor = monitor.New(monitor.Config{Hostgroups: s.hostgroups, Log: s.log, OffLoop: s.group.CheckOutside, OnNoRoom: s.kills.GiveWay})
	s.hostgroups.HurryBy(s.monitor.Hurry)
	table, err := users.NewTable(cfg.Users, nil)
	if err != nil {
		return err
	}
	program, err := rules.FromConfig(cfg.QueryRules)
	if err != nil {
		return err
	}
	counters := metrics.New(len(loops))
	counters.Busy(func(loop int) time.Duration { return time.Duration(loops[loop].BusyNanos()) })
	counters.Status(s.statuses)
	counters.Monitor(s.monitor.Stats)
	counters.Scripts(s.script.Metrics)
	if err := s.script.Follow(cfg.Scripting.File); err != nil {
		return cfg.ScriptProblem(err)
	}
	s.proxy = session.New(session.Config{
		Hostgroups: s.hostgroups,
		Settings:   &cfg.MySQL,
		Attributes: cfg.HostgroupAttributes,
		Users:      table,
		Rules:      program,
		Script:     s.script,
		Errands:    cfg.Scripting.SQLConnections,
		MaxClients: s.clients,
		Keys:       new(auth.KeyPair),
		Metrics:    counters,
		Loops:      loops,
		Kills:      s.kills,
		Log:        s.log,
	})
	s.proxy.Errands().Apply(errandAccount(&cfg.Scripting))
	s.errands.proxy.Store(s.proxy)
	web, err := s.listen(counters.Handler())
	if err != nil {
		return err
	}
	s.meetServers(ctx)
	err = s.group.Start()
	switch {
	case web == nil:
	case err != nil:
		web.Close()
	default: // /healthz says that the proxy serves
		go s.serveHTTP(web)
	}
	return err
}

// meetLimit bounds how long silent servers delay the start.
const meetLimit = time.Second

// meetServers lets the servers say what they are before the first client comes,
// who waits in the kernel's queue.
func (s *server) meetServers(ctx context.Context) {
	v := &s.cfg.MySQL
	go s.hostgroups.Run(ctx, v.ConnectTimeoutServer)
	// Clients are to be greeted in the name of a server that is known.
	met, cancel := context.WithTimeout(ctx, meetLimit)
	s.hostgroups.Meet(met)
	cancel()
	s.applyKills()
	// And nothing is to be written to a server that is no primary any more.
	s.monitor.Apply(v)
	known, cancel := context.WithTimeout(ctx, 2*v.MonitorReadOnlyTimeout)
	s.monitor.Settle(known)
	cancel()
}

// listen binds everything; what is bound serves when the loops have started. web is
// for HTTP, nil if that is off.
func (s *server) listen(metrics http.Handler) (web net.Listener, err error) {
	for _, addr := range s.cfg.Listen.MySQL {
		if err := s.group.Listen(addr, s.proxy.Accept); err != nil {
			return nil, err
		}
	}
	web, err = listenHTTP(s.cfg.Listen.HTTP)
	if err != nil || web == nil {
		return nil, err
	}
	s.http = newHTTP(metrics, s.monitor, s.proxy.Draining)
	s.log.Info().Str("address", web.Addr().String()).Msg("HTTP listens")
	return web, nil
}

func (s *server) serveHTTP(l net.Listener) {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		s.log.Error().Err(err).Msg("HTTP stopped")
	}
}

// announce logs what is running.
func (s *server) announce(descriptors uint64) {
	var addresses []string
	for _, a := range s.group.Addrs() {
		addresses = append(addresses, a.String())
	}
	pinned := []int{} // the core of each loop
	if s.cfg.Reactor.Pin {
		for _, l := range s.group.Loops() {
			pinned = append(pinned, l.Core())
		}
	}
	s.log.Info().Str("version", versionText()).Int("loops", len(s.group.Loops())).Bool("pinned", s.cfg.Reactor.Pin).
		Ints("cores", pinned).Uint64("descriptors", descriptors).
		Strs("listen", addresses).Msg("serving")
	if s.clients < s.cfg.MySQL.MaxConnections {
		s.log.Warn().Uint64("descriptors", descriptors).Int("own", reserved).Int("for_servers", int(descriptors)-reserved-s.clients).
			Int("clients", s.clients).Int("max_connections", s.cfg.MySQL.MaxConnections).
			Msg("RLIMIT_NOFILE allows fewer clients than max_connections")
	}
}

// statuses lists every server's status for the metrics.
func (s *server) statuses() []metrics.ServerStatus {
	var all []metrics.ServerStatus
	for _, m := range s.hostgroups.Table().Members() {
		status, _ := m.Status()
		all = append(all, metrics.ServerStatus{Hostgroup: m.Hostgroup(), Server: m.String(), Status: status.String()})
	}
	return all
}

// killLinger bounds the end of the process: what ran for clients that were cut
// off is killed until then.
const killLinger = time.Second

// applyKills tells the control pool the servers and the account that are
// configured now.
func (s *server) applyKills() {
	v := &s.cfg.MySQL
	account := kill.Settings{ConnectTimeout: v.MonitorConnectTimeout}
	if v.MonitorEnabled {
		account.User, account.Password = v.MonitorUsername, v.MonitorPassword
	}
	s.kills.Apply(s.hostgroups.Targets(), account)
}

// stop ends the proxy: gently until shutdown_timeout_ms is over or a second
// signal comes, then at once.
func (s *server) stop(why os.Signal, signals <-chan os.Signal) {
	limit := s.cfg.MySQL.ShutdownTimeout
	s.log.Info().Stringer("signal", why).Int("clients", s.proxy.Sessions()).Dur("shutdown_timeout_ms", limit).Msg("draining")
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	go func() {
		for {
			select {
			case got := <-signals:
				if got != syscall.SIGHUP {
					cancel()
					return
				}
				s.reopenLog()
			case <-ctx.Done():
				return
			}
		}
	}()
	s.proxy.BeginDrain()
	s.group.StopListening()
	cut := s.proxy.Drain(ctx)
	s.monitor.Close()
	s.group.Stop()
	s.script.Close()
	s.kills.Close(killLinger)
	if s.http != nil {
		s.http.Close()
	}
	s.log.Info().Int("cut", cut).Msg("stopped")
}
