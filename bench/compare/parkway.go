package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"parkway/bench/proxy"
)

// setup is what a target asks of parkway. Everything else is as HAProxy has it: one hostgroup, no limit that a run could
// reach, and nobody who checks the server; or at its default.
type setup struct {
	multiplexing bool
	connections  int    // to the server, at most; 0: more than a run opens
	rules        string // [[mysql_query_rules]]
	script       string // JavaScript
	slowUser     bool   // clients of the user slow ask beside sysbench's
}

// setups are the targets that are parkway.
var setups = map[string]setup{
	parkway:    {},
	parkwayOld: {},
	shared:     {multiplexing: true, connections: sharedConnections},
	unruled:    {multiplexing: true},
	ruled:      {multiplexing: true, rules: manyRules()},
	unscripted: {multiplexing: true},
	pure:       {multiplexing: true, script: pureScript},
	plain:      {multiplexing: true, script: plainScript},
	beside:     {multiplexing: true, script: besideScript, slowUser: true},
	offload:    {multiplexing: true, script: offloadScript, slowUser: true},
}

// sharedConnections are for the clients of parkway-shared: with the 64 threads of the goals for four clients each.
const sharedConnections = 16

// rulesCount is how many query rules the target parkway-rules has.
const rulesCount = 1000

// manyRules are rules of which only the last matches what sysbench asks: all are tried before it is found, once for each
// digest.
func manyRules() string {
	var b strings.Builder
	rule := func(id int, match string) {
		fmt.Fprintf(&b, "[[mysql_query_rules]]\nrule_id = %d\nmatch_digest = %q\ndestination_hostgroup = %d\napply = true\n",
			id, match, proxy.Primaries)
	}
	for id := 1; id < rulesCount; id++ {
		rule(id, fmt.Sprintf("FROM orders_%d ", id))
	}
	rule(rulesCount, "^[A-Z]")
	return b.String()
}

// programs are parkway, and another build of it for parkway-old.
type programs struct {
	parkway, old *proxy.Binary
}

// findPrograms returns the programs that the options name; parkway is built from this module when they name none and it
// takes part.
func findPrograms(ctx context.Context, opts options) (programs, error) {
	p := programs{parkway: proxy.NewBinary(proxy.BuildOptions{}), old: proxy.Existing(opts.parkwayOld)}
	if opts.parkway != "" {
		p.parkway = proxy.Existing(opts.parkway)
	}
	if !opts.runsParkway() {
		return p, nil
	}
	if _, err := p.parkway.Path(ctx); err != nil {
		p.close()
		return programs{}, err
	}
	return p, nil
}

// runsParkway says whether a target is parkway, and not only parkway-old.
func (o options) runsParkway() bool {
	return slices.ContainsFunc(o.targets, func(name string) bool {
		_, ok := setups[name]
		return ok && name != parkwayOld
	})
}

// of is the target's.
func (p programs) of(target string) *proxy.Binary {
	if target == parkwayOld {
		return p.old
	}
	return p.parkway
}

// close removes what was built.
func (p programs) close() { p.parkway.Close() }

// config is parkway's in front of the server, with the script in that file; "" if there is none.
func (s setup) config(srv server, scriptFile string) proxy.Config {
	limit := s.connections
	if limit == 0 {
		limit = maxConnections
	}
	config := proxy.Config{
		LogLevel:  "warn",
		Variables: map[string]any{"monitor_enabled": false, "multiplexing": s.multiplexing},
		Servers:   []proxy.Server{{Hostgroup: proxy.Primaries, Host: srv.host, Port: srv.port, MaxConnections: limit}},
		Users:     []proxy.User{{Name: "app", Password: "app", Hostgroup: proxy.Primaries}},
		Extra:     s.rules,
	}
	if s.slowUser {
		config.Users = append(config.Users, proxy.User{Name: slowUser, Password: slowUser, Hostgroup: proxy.Primaries})
	}
	if scriptFile != "" {
		config.Extra += fmt.Sprintf("[scripting]\nfile = %q\n", scriptFile)
	}
	return config
}

// start starts the program in front of the server.
func (s setup) start(ctx context.Context, program *proxy.Binary, srv server) (target, error) {
	scriptFile, remove, err := writeScript(s.script)
	if err != nil {
		return target{}, err
	}
	p, err := program.Start(ctx, proxy.Options{Config: s.config(srv, scriptFile)})
	if err != nil {
		remove()
		return target{}, err
	}
	t := target{addr: p.Addr, http: "http://" + p.HTTP, proxy: p, stop: func() {
		// A proxy that ends late is killed: nothing that is measured is lost by that.
		_, _ = p.Stop()
		remove()
	}}
	if s.slowUser {
		t.others = func() (func() error, error) { return keepAsking(p.Addr) }
	}
	return t, nil
}
