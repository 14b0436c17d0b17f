package servers

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// engine is what differs between the flavors.
type engine struct {
	flavor Flavor

	// programs finds the installation, or says why there is none.
	programs func() (installation, error)
	// client finds a client program.
	client func(name string) (string, error)
	// initialise is the command that makes a new data directory and runs the
	// statements in the file initSQL in it, as the user that cmd will run as.
	initialise func(in installation, data, initSQL string) *exec.Cmd
	// initSQL creates the accounts and databases.
	initSQL string
	// settings are the lines of the option file that only this flavor has.
	settings func(in installation) []string
	// readOnly are the options of a replica.
	readOnly []string
	// noTLS are the options of a server that shall not offer TLS.
	noTLS []string

	replicateFrom string // statement with %d for the primary's port
	replicaStatus string // its columns ioRunning and sqlRunning are "Yes", lastErrors say why not
	ioRunning     string
	sqlRunning    string
	lastErrors    []string
	position      string // query: what the primary has executed
	awaitPosition string // query: waits at the replica for the position (first argument) up to so many seconds; 0 when reached
}

// installation is where an engine's programs are.
type installation struct {
	root   string // MySQL: the unpacked packages
	daemon string // the server program
}

// engineOf is the engine of a flavor.
func engineOf(f Flavor) (engine, error) {
	switch f {
	case MariaDB:
		return mariadbEngine(), nil
	case MySQL:
		return mysqlEngine(), nil
	default:
		return engine{}, fmt.Errorf("%s is not a flavor of server", f)
	}
}

// version is what the server program calls itself: "10.11.6-MariaDB-...".
func (in installation) version(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, in.daemon, "--no-defaults", "--version").Output()
	if err != nil {
		return "", fmt.Errorf("%s --version: %w", in.daemon, err)
	}
	_, rest, found := strings.Cut(string(out), "Ver ")
	words := strings.Fields(rest)
	if !found || len(words) == 0 {
		return "", fmt.Errorf("%s --version: cannot read %q", in.daemon, out)
	}
	return words[0], nil
}
