// Package servers starts real MariaDB and MySQL servers for tests, benches and
// `make run`: a primary and GTID replicas on 127.0.0.1, ready in a second or
// two, gone with the program that started them.
//
// Every server has these accounts, valid from any host, with TLS or without:
//
//	root, no password   everything
//	app/app             everything in the databases app and sbtest
//	mon/mon             what the monitor's account needs: REPLICATION CLIENT (MariaDB:
//	                    SLAVE MONITOR as well), CONNECTION ADMIN
//	repl/repl           REPLICATION SLAVE
//
// MariaDB's use mysql_native_password, MySQL's caching_sha2_password. Data
// survives a crash of the server, not of the machine.
package servers

import (
	"fmt"
	"os/exec"
)

// Flavor is a make of server.
type Flavor int

// The flavors. MariaDB is what the machine has installed
// (bench/scripts/install.sh), MySQL what bench/scripts/mysql-install.sh has
// unpacked into the cache directory.
const (
	MariaDB Flavor = iota
	MySQL
)

// flavors names them as PARKWAY_FLAVOR does.
var flavors = [...]string{MariaDB: "mariadb", MySQL: "mysql"}

// String is the flavor's name, as ParseFlavor reads it.
func (f Flavor) String() string {
	if f < 0 || int(f) >= len(flavors) {
		return fmt.Sprintf("Flavor(%d)", int(f))
	}
	return flavors[f]
}

// ParseFlavor reads "mariadb" or "mysql"; "" is MariaDB.
func ParseFlavor(name string) (Flavor, error) {
	if name == "" {
		return MariaDB, nil
	}
	for f, n := range flavors {
		if n == name {
			return Flavor(f), nil
		}
	}
	return 0, fmt.Errorf("%q is not a flavor of server: mariadb or mysql", name)
}

// Options say which servers to start. The zero value is one MariaDB server.
type Options struct {
	Flavor   Flavor
	Replicas int      // read-only GTID replicas beside the primary
	TLS      bool     // servers offer TLS, with certificates signed by Cluster.CA
	Args     []string // further options of every server: "--max-connections=50"
	Dir      string   // where the data goes, kept after Stop; must be new or empty. "": temporary
	Unix     bool     // Server.DSN and Server.DB go through the unix socket instead of TCP
}

// Available says why servers of that flavor cannot be had on this machine, and
// what to do about it; nil if they can.
func Available(f Flavor) error {
	e, err := engineOf(f)
	if err != nil {
		return err
	}
	_, err = e.programs()
	return err
}

// Command prepares a client program of that flavor, with the arguments given:
// "mariadb" and its siblings of MariaDB; "mysql", "mysqldump", "mysqlslap" and
// so on of MySQL. No option file is read.
func Command(f Flavor, name string, args ...string) (*exec.Cmd, error) {
	e, err := engineOf(f)
	if err != nil {
		return nil, err
	}
	path, err := e.client(name)
	if err != nil {
		return nil, err
	}
	return exec.Command(path, append([]string{"--no-defaults"}, args...)...), nil
}
