package main

import (
	"fmt"

	"parkway/bench/servers"
)

// tryLines are the command lines that connect to the proxy, for the client
// programs of both makes. MySQL's asks for the key that it encrypts a password
// with only when told to; MariaDB's does not know that option.
func tryLines(port int) (mariadb, mysql string) {
	const account = "-u app -papp app"
	program := "mysql"
	// What mysql-install.sh has unpacked is not in the PATH.
	if cmd, err := servers.Command(servers.MySQL, program); err == nil {
		program = cmd.Path
	}
	mariadb = fmt.Sprintf("mariadb -h 127.0.0.1 -P %d %s", port, account)
	mysql = fmt.Sprintf("%s -h 127.0.0.1 -P %d --get-server-public-key %s", program, port, account)
	return mariadb, mysql
}
