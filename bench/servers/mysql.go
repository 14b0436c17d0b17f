package servers

import (
	"fmt"
	"os/exec"
	"path/filepath"
)

const mysqlInitSQL = `CREATE DATABASE app;
CREATE DATABASE sbtest;
CREATE USER root@'%' IDENTIFIED BY '';
GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;
CREATE USER app@'%' IDENTIFIED BY 'app';
GRANT ALL ON app.* TO app@'%';
GRANT ALL ON sbtest.* TO app@'%';
CREATE USER mon@'%' IDENTIFIED BY 'mon';
GRANT REPLICATION CLIENT, CONNECTION_ADMIN ON *.* TO mon@'%';
CREATE USER repl@'%' IDENTIFIED BY 'repl';
GRANT REPLICATION SLAVE ON *.* TO repl@'%';
`

func mysqlEngine() engine {
	return engine{
		flavor:   MySQL,
		programs: findMySQL,
		client:   findMySQLClient,
		initSQL:  mysqlInitSQL,
		initialise: func(in installation, data, initSQL string) *exec.Cmd {
			args := []string{"--no-defaults"}
			for _, s := range mysqlPaths(in) {
				args = append(args, "--"+s)
			}
			return exec.Command(in.daemon, append(args, "--datadir="+data, "--initialize-insecure", "--init-file="+initSQL,
				"--innodb-redo-log-capacity=16M", "--innodb-use-native-aio=OFF")...)
		},
		settings: func(in installation) []string {
			return append(mysqlPaths(in),
				"mysqlx=OFF",
				"secure-file-priv=NULL",
				"gtid-mode=ON",
				"enforce-gtid-consistency=ON",
				"innodb-doublewrite=OFF",
				"innodb-redo-log-capacity=16M",
			)
		},
		readOnly: []string{"read-only=1", "super-read-only=1"},
		noTLS:    []string{"tls-version="},
		replicateFrom: `CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=%d, SOURCE_USER='repl',
			SOURCE_PASSWORD='repl', SOURCE_AUTO_POSITION=1, SOURCE_SSL=0, GET_SOURCE_PUBLIC_KEY=1, SOURCE_CONNECT_RETRY=1,
			SOURCE_RETRY_COUNT=86400; START REPLICA`,
		replicaStatus: "SHOW REPLICA STATUS",
		ioRunning:     "Replica_IO_Running",
		sqlRunning:    "Replica_SQL_Running",
		lastErrors:    []string{"Last_IO_Error", "Last_SQL_Error"},
		position:      "SELECT @@GLOBAL.gtid_executed",
		awaitPosition: "SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?)",
	}
}

// mysqlPaths tell the unpacked server, which was made to live under /usr, where
// its files are.
func mysqlPaths(in installation) []string {
	return []string{
		"basedir=" + filepath.Join(in.root, "usr"),
		"plugin-dir=" + filepath.Join(in.root, "usr/lib/mysql/plugin"),
		"lc-messages-dir=" + filepath.Join(in.root, "usr/share/mysql"),
		"character-sets-dir=" + filepath.Join(in.root, "usr/share/mysql/charsets"),
	}
}

func findMySQL() (installation, error) {
	daemon, err := findMySQLClient("mysqld")
	if err != nil {
		return installation{}, err
	}
	return installation{
		root:   filepath.Join(filepath.Dir(filepath.Dir(daemon)), "root"),
		daemon: daemon,
	}, nil
}

// findMySQLClient finds a program that mysql-install.sh has made a command of.
func findMySQLClient(name string) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	path, err := exec.LookPath(filepath.Join(cache, "mysql", "bin", name))
	if err != nil {
		return "", fmt.Errorf("MySQL is not installed (%w): run bench/scripts/mysql-install.sh", err)
	}
	return path, nil
}
