package servers

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
)

// sbinDirs hold server programs and are not in every user's PATH.
var sbinDirs = []string{"/usr/sbin", "/usr/local/sbin", "/sbin"}

const mariadbInitSQL = `FLUSH PRIVILEGES;
CREATE DATABASE app;
CREATE DATABASE sbtest;
CREATE USER root@'%' IDENTIFIED BY '';
GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;
CREATE USER app@'%' IDENTIFIED BY 'app';
GRANT ALL ON app.* TO app@'%';
GRANT ALL ON sbtest.* TO app@'%';
CREATE USER mon@'%' IDENTIFIED BY 'mon';
GRANT REPLICATION CLIENT, SLAVE MONITOR, CONNECTION ADMIN ON *.* TO mon@'%';
CREATE USER repl@'%' IDENTIFIED BY 'repl';
GRANT REPLICATION SLAVE ON *.* TO repl@'%';
`

func mariadbEngine() engine {
	return engine{
		flavor:   MariaDB,
		programs: findMariaDB,
		client:   exec.LookPath,
		initSQL:  mariadbInitSQL,
		initialise: func(_ installation, data, initSQL string) *exec.Cmd {
			return exec.Command("mariadb-install-db", "--no-defaults", "--datadir="+data, "--skip-test-db", "--force",
				"--auth-root-authentication-method=normal", "--innodb-log-file-size=16M", "--extra-file="+initSQL)
		},
		settings: func(installation) []string {
			return []string{
				"gtid-domain-id=0",
				"gtid-strict-mode=1",
				"log-slave-updates=1",
				"innodb-doublewrite=0",
				"innodb-log-file-size=16M",
			}
		},
		readOnly: []string{"read-only=1"},
		replicateFrom: `CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=%d, MASTER_USER='repl',
			MASTER_PASSWORD='repl', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1; START SLAVE`,
		replicaStatus: "SHOW SLAVE STATUS",
		ioRunning:     "Slave_IO_Running",
		sqlRunning:    "Slave_SQL_Running",
		lastErrors:    []string{"Last_IO_Error", "Last_SQL_Error"},
		position:      "SELECT @@GLOBAL.gtid_binlog_pos",
		awaitPosition: "SELECT MASTER_GTID_WAIT(?, ?)",
	}
}

func findMariaDB() (installation, error) {
	if _, err := exec.LookPath("mariadb-install-db"); err != nil {
		return installation{}, errNoMariaDB(err)
	}
	daemon, err := exec.LookPath("mariadbd")
	for _, dir := range sbinDirs {
		if err == nil {
			return installation{daemon: daemon}, nil
		}
		daemon, err = exec.LookPath(filepath.Join(dir, "mariadbd"))
	}
	if err != nil {
		return installation{}, errNoMariaDB(errors.New("mariadbd: not found"))
	}
	return installation{daemon: daemon}, nil
}

func errNoMariaDB(err error) error {
	return fmt.Errorf("MariaDB is not installed (%w): run bench/scripts/install.sh as root", err)
}
