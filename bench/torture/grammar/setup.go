package grammar

import (
	"fmt"
	"slices"

	"parkway/bench/servers"
	"parkway/bench/torture/play"
	"parkway/bench/torture/script"
)

// Accounts are the statements that make the users of the scripts, run once by
// root.
func Accounts(f servers.Flavor) []string {
	statements := []string{"CREATE ROLE " + Role}
	for _, user := range []string{play.User, play.Other} {
		statements = append(statements,
			fmt.Sprintf("CREATE USER %s@'%%' IDENTIFIED BY '%s'", user, user),
			fmt.Sprintf("GRANT ALL ON `torture\\_%%`.* TO %s@'%%'", user),
			fmt.Sprintf("GRANT %s TO %s@'%%'", Role, user),
		)
		if f == servers.MySQL {
			statements = append(statements, fmt.Sprintf("GRANT SESSION_VARIABLES_ADMIN ON *.* TO %s@'%%'", user))
		}
	}
	return statements
}

// Setup are the statements that give a client new schemas, whatever an earlier
// one left, run by root.
func Setup(f servers.Flavor, client int) []string {
	var statements []string
	for _, schema := range []string{Schema(client), OtherSchema(client)} {
		statements = append(statements,
			"DROP DATABASE IF EXISTS "+schema,
			"CREATE DATABASE "+schema+" CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
			"CREATE TABLE "+schema+".t (id INT AUTO_INCREMENT PRIMARY KEY, n INT UNIQUE, s VARCHAR(20)) ENGINE = InnoDB",
		)
	}
	in := Schema(client)
	// SQL_BUFFER_RESULT: MySQL goes by sql_buffer_result as it was when the connection first ran the routine, for whomever (ARCHITECTURE.md).
	statements = append(statements,
		createM(f, in),
		"CREATE PROCEDURE "+in+".set_state(IN a INT, OUT b INT) BEGIN SET @by_procedure = a; SET time_zone = '+05:00'; SET b = a * 2; END",
		"CREATE PROCEDURE "+in+".two_results(IN a INT) BEGIN SELECT a; SELECT SQL_BUFFER_RESULT n, s FROM t ORDER BY id, n, s LIMIT 2; END",
		"CREATE FUNCTION "+in+".remember(a INT) RETURNS INT DETERMINISTIC NO SQL BEGIN SET @by_function = a; RETURN a + 1; END",
	)
	if f == servers.MariaDB {
		statements = append(statements, "CREATE SEQUENCE "+in+".sq")
	}
	return append(statements, fill(client)...)
}

// Restore are the statements, run by root, that give the tables of a client the
// rows that Setup gives them.
func Restore(client int) []string {
	return append([]string{
		"DELETE FROM " + Schema(client) + ".t", "DELETE FROM " + OtherSchema(client) + ".t", "DELETE FROM " + Schema(client) + ".m",
	}, fill(client)...)
}

// Rewind are the statements, run by root, that restore a client's tables and
// the counters of AUTO_INCREMENT and sequences as well, which takes longer.
func Rewind(f servers.Flavor, client int) []string {
	var statements []string
	for _, table := range []string{Schema(client) + ".t", OtherSchema(client) + ".t", Schema(client) + ".m"} {
		// TRUNCATE makes a file anew, which takes MySQL 20 times as long.
		statements = append(statements, "DELETE FROM "+table, "ALTER TABLE "+table+" AUTO_INCREMENT = 1")
	}
	if f == servers.MariaDB {
		statements = append(statements, "ALTER SEQUENCE "+Schema(client)+".sq RESTART")
	}
	return append(statements, fill(client)...)
}

// Undo are the statements, run by root, that take back what a client did with
// definitions: see Defines.
func Undo(f servers.Flavor, client int) []string {
	var statements []string
	for _, schema := range []string{Schema(client), OtherSchema(client)} {
		statements = append(statements, "DROP TABLE IF EXISTS "+schema+".c", "DROP VIEW IF EXISTS "+schema+".v")
	}
	return append(statements, "DROP TABLE "+Schema(client)+".m", createM(f, Schema(client)))
}

// Defines reports whether a step changes the client's schemas.
func Defines(s script.Step) bool { return slices.Contains(definitions, s.Text) }

func createM(f servers.Flavor, schema string) string {
	return "CREATE TABLE " + schema + ".m (id INT AUTO_INCREMENT PRIMARY KEY, n INT) ENGINE = " + engineOfM(f)
}

// engineOfM is an engine without transactions, but not on MySQL: 9.7 remembers a write to any other than InnoDB on the connection, even
// when it is over, and warns of combining engines (6414) with the next write to an InnoDB table there, whoever that is for.
func engineOfM(f servers.Flavor) string {
	if f == servers.MySQL {
		return "InnoDB"
	}
	return "MEMORY"
}

// fill fills a client's tables, which are empty, with rows that no other
// client has.
func fill(client int) []string {
	var statements []string
	for i, schema := range []string{Schema(client), OtherSchema(client)} {
		n := 1000 + 10*client + 5*i
		statements = append(statements, fmt.Sprintf("INSERT INTO %s.t (id, n, s) VALUES (1, %d, 'one of %d'), (2, %d, 'two'), (3, NULL, 'three')",
			schema, n, n, n+1))
	}
	return append(statements, fmt.Sprintf("INSERT INTO %s.m (id, n) VALUES (1, 1), (2, 2), (3, %d)", Schema(client), client))
}
