package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"parkway/bench/proxy"
)

// binaries are the parkway programs that take part, by target.
type binaries map[string]*proxy.Binary

// findBinaries returns the programs that the options name; parkway is built from this module when they name none.
func findBinaries(ctx context.Context, opts options) (binaries, error) {
	all := make(binaries)
	for _, b := range []struct{ target, path string }{
		{parkway, opts.parkway}, {parkwayOld, opts.parkwayOld}, {unruled, opts.parkway}, {ruled, opts.parkway}, {unscripted, opts.parkway}, {pure, opts.parkway},
		{plain, opts.parkway}, {beside, opts.parkway}, {offload, opts.parkway},
		{parkwayOwn, opts.parkway}, {parkwayShared, opts.parkway},
	} {
		if !slices.Contains(opts.targets, b.target) {
			continue
		}
		if b.path == "" {
			all[b.target] = proxy.NewBinary(proxy.BuildOptions{})
		} else {
			all[b.target] = proxy.Existing(b.path)
		}
		if _, err := all[b.target].Path(ctx); err != nil {
			all.close()
			return nil, err
		}
	}
	return all, nil
}

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

// close removes what was built.
func (b binaries) close() {
	for _, program := range b {
		program.Close()
	}
}

// startParkway starts the program in front of the server: one hostgroup, no limit that a run could reach, and no monitor,
// as HAProxy checks nothing either. Each client has a connection of its own, as with HAProxy, unless it is about query rules. Everything else
// that the target's name does not say is left at its default.
func startParkway(ctx context.Context, program *proxy.Binary, name string, s server) (target, error) {
	config := proxy.Config{
		LogLevel:  "warn",
		Variables: map[string]any{"monitor_enabled": false, "multiplexing": name == unruled || name == ruled},
		Servers:   []proxy.Server{{Hostgroup: proxy.Primaries, Host: s.host, Port: s.port, MaxConnections: maxConnections}},
		Users:     []proxy.User{{Name: "app", Password: "app", Hostgroup: proxy.Primaries}},
	}
	if name == ruled {
		config.Extra = manyRules()
	}
	p, err := program.Start(ctx, proxy.Options{Config: config})
	if err != nil {
		return target{}, err
	}
	// A proxy that ends late is killed: nothing that is measured is lost by that.
	stop := func() { _, _ = p.Stop() }
	return target{addr: p.Addr, http: "http://" + p.HTTP, proxy: p, stop: stop}, nil
}
