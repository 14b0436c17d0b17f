package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"parkway/bench/proxy"
	"parkway/bench/servers"
)

// Users of the shared server and proxy, beside app and root. hashed's password
// is "hashed", known to the proxy by its hash only; plain's is "plain".
const (
	hashedPassword = "*89DF8EEC9A524A8C112D91F8759ABBCF85DC14E6"
	accounts       = `CREATE USER hashed@'%' IDENTIFIED BY 'hashed'; GRANT ALL ON app.* TO hashed@'%';
		CREATE USER plain@'%' IDENTIFIED BY 'plain'; GRANT ALL ON app.* TO plain@'%';
		GRANT RELOAD, PROCESS ON *.* TO app@'%'`
)

// world is a server and a proxy in front of it, which the tests share. Tests
// that stop, reconfigure or overload one have their own.
type world struct {
	once    sync.Once
	err     error
	cluster *servers.Cluster
	proxy   *proxy.Proxy
}

// newWorld starts nothing yet.
func newWorld() *world { return &world{} }

// shared is the world of all tests, or the end of this one.
func shared(t testing.TB) *world {
	t.Helper()
	common.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), startLimit)
		defer cancel()
		common.err = common.start(ctx)
	})
	if common.err != nil {
		t.Fatal(common.err)
	}
	return common
}

func (w *world) start(ctx context.Context) error {
	f, err := flavor()
	if err != nil {
		return err
	}
	w.cluster, err = servers.Start(ctx, servers.Options{Flavor: f, Args: []string{
		fmt.Sprintf("--max-allowed-packet=%d", maxPacket),
		"--local-infile=1",
	}})
	if err != nil {
		return err
	}
	if err := w.cluster.Exec(0, accounts); err != nil {
		return err
	}
	w.proxy, err = parkway.Start(ctx, proxy.Options{Config: w.config(), Unix: true})
	return err
}

// config is a proxy in front of the world's server.
func (w *world) config() proxy.Config {
	c := proxy.Behind(w.cluster)
	c.Users = append(c.Users,
		proxy.User{Name: "root", Hostgroup: proxy.Primaries},
		proxy.User{Name: "plain", Password: "plain", Hostgroup: proxy.Primaries},
		proxy.User{Name: "hashed", Password: hashedPassword, Hostgroup: proxy.Primaries},
	)
	c.Variables["max_allowed_packet"] = maxPacket
	return c
}

// stop ends both, and shows the proxy's log if a test has failed. A session that
// panicked is an error.
func (w *world) stop(failed bool) error {
	var err error
	if w.proxy != nil {
		err = w.stopProxy(failed)
	}
	if w.cluster != nil {
		w.cluster.Stop()
	}
	return err
}

func (w *world) stopProxy(failed bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	metrics, err := w.proxy.Metrics(ctx)
	if err == nil && metrics["parkway_session_panics_total"] != 0 {
		err = fmt.Errorf("sessions panicked:\n%s", w.proxy.Log())
	}
	if failed {
		fmt.Fprintf(os.Stderr, "log of the shared proxy:\n%s", w.proxy.Log())
	}
	code, stopped := w.proxy.Stop()
	if code != 0 {
		stopped = errors.Join(stopped, fmt.Errorf("the shared proxy's exit code is %d", code))
	}
	return errors.Join(err, stopped)
}
