// Command run shows a working proxy: it starts a MariaDB or MySQL primary and a
// replica in a temporary directory and parkway in front of them, prints the
// lines to try, and takes everything away again on Ctrl-C. `make run` is this
// program.
//
//	run [-flavor mariadb|mysql]
//
// What is missing is installed first, which takes root.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"parkway/bench/proxy"
	"parkway/bench/servers"
	"parkway/bench/servers/port"
)

// defaultPort is where users of ProxySQL look for the proxy.
const defaultPort = 6033

// startLimit bounds the start of servers and proxy, the build included.
const startLimit = 5 * time.Minute

func main() {
	name := flag.String("flavor", servers.MariaDB.String(), "servers behind the proxy: mariadb or mysql")
	flag.Parse()
	flavor, err := servers.ParseFlavor(*name)
	if err == nil && flag.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "run:", err)
		os.Exit(2)
	}
	// A terminal that is closed counts as Ctrl-C: nothing stays behind.
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	if err := run(ctx, flavor, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "run:", err)
		cancel()
		os.Exit(1)
	}
}

// run is the program: it returns when ctx ends or something breaks, with
// nothing left behind. out is for the user.
func run(ctx context.Context, flavor servers.Flavor, out io.Writer) error {
	starting, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := install(starting, flavor); err != nil {
		return interrupted(ctx, err)
	}
	fmt.Fprintf(out, "starting a %s primary and a replica\n", flavor)
	cluster, err := servers.Start(starting, servers.Options{Flavor: flavor, Replicas: 1})
	if err != nil {
		return interrupted(ctx, err)
	}
	defer cluster.Stop()

	fmt.Fprintln(out, "building and starting parkway")
	binary := proxy.NewBinary(proxy.BuildOptions{})
	defer binary.Close()
	clientPort := choosePort(out)
	config := proxy.Behind(cluster)
	config.Extra = proxy.ReadWriteSplit
	parkway, err := binary.Start(starting, proxy.Options{Config: config, Port: clientPort})
	if err != nil {
		return interrupted(ctx, err)
	}
	packet, err := maxPacket(starting, cluster.Servers[0])
	if err != nil {
		_, stopped := parkway.Stop()
		return interrupted(ctx, errors.Join(err, stopped))
	}
	welcome(out, cluster, parkway, packet)

	var ended error
	select {
	case <-ctx.Done():
		fmt.Fprintln(out, "\nstopping")
	case <-parkway.Done():
		ended = fmt.Errorf("parkway ended by itself:\n%s", parkway.Log())
	}
	_, err = parkway.Stop()
	return errors.Join(ended, err)
}

// interrupted is the result of a start that failed with err: nothing to
// complain of when the user asked for it.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// install runs the project's install script when the flavor's servers are
// missing. The current directory is within the module.
func install(ctx context.Context, flavor servers.Flavor) error {
	if servers.Available(flavor) == nil {
		return nil
	}
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	scripts := filepath.Join(root, "bench", "scripts")
	cmd := exec.CommandContext(ctx, filepath.Join(scripts, "install.sh"), "mariadbd", "mariadb")
	if flavor == servers.MySQL {
		cmd = exec.CommandContext(ctx, filepath.Join(scripts, "mysql-install.sh"))
	}
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}

// moduleRoot is the nearest directory upwards with a go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("not within the source tree: no go.mod here or above")
		}
		dir = parent
	}
}

// choosePort is 6033, or 0 (a free one) when that is taken.
func choosePort(out io.Writer) int {
	if port.Free(defaultPort) {
		return defaultPort
	}
	fmt.Fprintf(out, "port %d is taken, another one is used\n", defaultPort)
	return 0
}

// maxPacket is the largest message that the server takes; the proxy's own limit is
// no smaller than the servers' defaults.
func maxPacket(ctx context.Context, s *servers.Server) (bytes int, err error) {
	err = s.DB().QueryRowContext(ctx, "SELECT @@global.max_allowed_packet").Scan(&bytes)
	return bytes, err
}

// welcome tells what runs and what to try.
func welcome(out io.Writer, cluster *servers.Cluster, parkway *proxy.Proxy, packet int) {
	mariadb, mysql := tryLines(parkway.Port)
	fmt.Fprintf(out, `
parkway serves in front of %s %s

  try        %s
  or         %s
  clients    %s, user app, password app, databases app and sbtest
  primary    127.0.0.1:%d, hostgroup %d
  replica    127.0.0.1:%d, hostgroup %d, which gets the reads: it may be a moment behind what was just written
  limit      statements of up to %d MiB, the servers' max_allowed_packet
  metrics    http://%s/metrics
  config     %s; kill -HUP %d has it read again
  log        %s

Ctrl-C stops everything and removes it.
`,
		cluster.Flavor, cluster.Version,
		mariadb, mysql,
		parkway.Addr,
		cluster.Servers[0].Port, proxy.Primaries,
		cluster.Servers[1].Port, proxy.Replicas,
		packet>>20,
		parkway.HTTP,
		parkway.ConfigFile, parkway.PID(),
		parkway.LogFile())
}
