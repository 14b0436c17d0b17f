package mysqltest

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parkway/protocol"
)

// How the golden files of ../testdata were made, and can be made again from another server:
//
//	go test -run TestCapture ./protocol/mysqltest -capture 127.0.0.1:3306 -capture.name mariadb-10.11 -capture.to protocol/testdata
//
// The server lets root in without a password and has a database app.
var (
	captureAddr = flag.String("capture", "", "address of the server whose answers become golden files")
	captureName = flag.String("capture.name", "", "what the golden files' names begin with")
	captureTo   = flag.String("capture.to", "../testdata", "directory of the golden files")
)

// captureClasses are the capability classes, as far as the server has them.
var captureClasses = map[string]protocol.Capability{
	"eof":           BaseCapabilities,
	"ok":            BaseCapabilities | protocol.ClientDeprecateEOF,
	"eof-track":     BaseCapabilities | protocol.ClientSessionTrack,
	"ok-track":      BaseCapabilities | protocol.ClientSessionTrack | protocol.ClientDeprecateEOF,
	"eof-extension": BaseCapabilities | captureExtensions,
	"ok-extension":  BaseCapabilities | captureExtensions | protocol.ClientDeprecateEOF,
}

const captureExtensions = protocol.ClientOptionalResultsetMetadata | protocol.MariaDBProgress |
	protocol.MariaDBStmtBulk | protocol.MariaDBExtendedMetadata | protocol.MariaDBCacheMetadata | protocol.MariaDBBulkUnitResults

func TestCapture(t *testing.T) {
	if *captureAddr == "" {
		t.Skip("needs a server: -capture host:port")
	}
	for class, caps := range captureClasses {
		k := &capture{t: t, large: class == "eof" || class == "ok", cfg: ClientConfig{Addr: *captureAddr, Database: "app", Capabilities: caps, Timeout: 2 * time.Minute}}
		k.connect()
		if k.c.Greeting.IsMariaDB() && caps>>32 != 0 {
			k.cfg.Capabilities &^= protocol.ClientLongPassword
			k.connect()
		}
		k.run()
		k.c.Close()
		path := filepath.Join(*captureTo, *captureName+"-"+class+".txt")
		title := fmt.Sprintf("%s, %v", k.c.Greeting.ServerVersion, k.c.Capabilities)
		if err := WriteExchanges(path, title, k.list); err != nil {
			t.Fatal(err)
		}
	}
}

// capture records exchanges on one connection; it makes a new one when the server closed it.
type capture struct {
	t     *testing.T
	large bool // keep answers of more than a megabyte
	cfg   ClientConfig
	c     *Client
	said  Transcript
	list  []Exchange
}

func (k *capture) connect() {
	if k.c != nil {
		k.c.Close()
	}
	k.cfg.Transcript = &k.said
	k.c = Dial(k.t, k.cfg)
	k.c.Infile = func(name string) []byte {
		if strings.HasSuffix(name, "missing") {
			return nil
		}
		return []byte("7\tseven\n8\teight\n")
	}
	k.said.Reset()
}

// quietly runs statements that are not recorded.
func (k *capture) quietly(statements ...string) {
	k.t.Helper()
	for _, sql := range statements {
		if _, err := k.c.Query(sql); err != nil {
			k.t.Fatalf("%s: %v", sql, err)
		}
	}
}

// record runs an exchange and keeps it, if the next command shows that the answer had ended where the client thought.
func (k *capture) record(cmd protocol.Command, name string, exchange func() error) {
	k.t.Helper()
	k.said.Reset()
	err := exchange()
	e := Exchange{Name: fmt.Sprintf("%v %s", cmd, name), Capabilities: k.c.Capabilities, Command: cmd, Status: k.c.Status}
	size := 0
	for _, s := range k.said.Entries() {
		size += len(s.Bytes)
	}
	refusal := new(protocol.ERR)
	switch {
	case errors.As(err, &refusal):
		e.Code = refusal.Code
	case err != nil:
		k.t.Logf("%s: %v; not kept\n%.2000s", e.Name, err, k.said.String())
		k.connect()
		return
	}
	if size < 1<<20 || k.large {
		if e.Transcript, err = ParseTranscript(k.said.String()); err != nil {
			k.t.Fatal(err)
		}
		k.list = append(k.list, e)
	}
	if _, err := k.c.Command(protocol.ComPing); err != nil {
		k.t.Logf("%s: the server closed the connection: %v", e.Name, err)
		k.connect()
	}
}

func (k *capture) command(cmd protocol.Command, rest ...byte) {
	k.t.Helper()
	k.record(cmd, quoteASCII(rest), func() error {
		_, err := k.c.Command(cmd, rest...)
		return err
	})
}

func (k *capture) query(sql string) {
	k.t.Helper()
	k.command(protocol.ComQuery, []byte(sql)...)
}

func (k *capture) prepare(sql string) (s *Statement) {
	k.t.Helper()
	k.record(protocol.ComStmtPrepare, sql, func() (err error) {
		s, err = k.c.Prepare(sql)
		return err
	})
	return s
}

func (k *capture) execute(sql string, flags byte, params ...[]byte) *Statement {
	k.t.Helper()
	s := k.prepare(sql)
	k.record(protocol.ComStmtExecute, fmt.Sprintf("%s, flags %d", sql, flags), func() error {
		_, err := s.ExecuteFlags(flags, params...)
		return err
	})
	return s
}

func (k *capture) fetch(s *Statement, rows uint32) {
	k.t.Helper()
	k.record(protocol.ComStmtFetch, fmt.Sprintf("%d rows", rows), func() error {
		_, err := s.Fetch(rows)
		return err
	})
}

func (k *capture) run() {
	k.quietly("SET GLOBAL max_allowed_packet=64*1024*1024", "SET GLOBAL local_infile=1")
	k.connect()
	k.quietly("DROP TABLE IF EXISTS t", "CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(20))", "DROP PROCEDURE IF EXISTS p",
		"CREATE PROCEDURE p(IN x INT, OUT y INT) BEGIN SELECT x; SELECT a FROM t; SET y = x + 1; END",
		"DROP PROCEDURE IF EXISTS q", "CREATE PROCEDURE q() BEGIN DO 1; END")
	if k.c.Capabilities.Has(protocol.ClientSessionTrack) {
		k.quietly("SET session_track_system_variables='*', session_track_schema=1, session_track_state_change=1",
			"SET session_track_transaction_info='CHARACTERISTICS'")
		if !k.c.Greeting.IsMariaDB() {
			k.quietly("SET session_track_gtids='OWN_GTID'")
		}
	}
	k.statements()
	k.commands()
	k.prepared()
	k.cursors()
	if k.c.Capabilities.Has(protocol.MariaDBStmtBulk) {
		k.mariadb()
	}
	if k.c.Capabilities.Has(protocol.ClientOptionalResultsetMetadata) {
		k.optionalMetadata()
	}
}

func (k *capture) statements() {
	for _, sql := range []string{
		"INSERT INTO t VALUES (1,'one'),(2,'two'),(3,NULL),(4,''),(5,'five')",
		"SELECT 1", "SELECT a,b FROM t ORDER BY a", "SELECT b,a FROM t ORDER BY a", "SELECT a FROM t WHERE a > 100", "SELECT NULL", "SELECT ''",
		"UPDATE t SET b='x' WHERE a < 3", "DELETE FROM t WHERE a = 5", "DO 1", "SELEC", "SELECT * FROM missing", "",
		"SELECT IF(a = 3, (SELECT 1 UNION SELECT 2), a) FROM t ORDER BY a",
		"BEGIN", "INSERT INTO t VALUES (6,'six')", "SELECT 1", "INSERT INTO t VALUES (6,'six')", "ROLLBACK", "START TRANSACTION READ ONLY", "COMMIT",
		"SET NAMES utf8mb4", "SET time_zone='+03:00', wait_timeout=100", "SET sql_mode='ANSI'", "USE app", "SET @a=1", "SET autocommit=0", "SET autocommit=1",
		"SELECT 1/0", "SHOW WARNINGS", "SHOW TABLES", "EXPLAIN SELECT * FROM t", "CHECKSUM TABLE t", "CREATE TEMPORARY TABLE u (a INT)", "ANALYZE TABLE t",
		"SELECT 1; SELECT 2; DO 3; SELECT a FROM t", "SELECT 1; SELEC; SELECT 2", "SELECT 1; INSERT INTO t VALUES (1,'')",
		"INSERT INTO t VALUES (20,''); DELETE FROM t WHERE a = 20", strings.TrimSuffix(strings.Repeat("SELECT 1;", 20), ";"),
		"CALL p(1, @y)", "CALL q()", "CALL missing()", "CALL p(1, @y); SELECT @y",
		"LOAD DATA LOCAL INFILE 'file' INTO TABLE t", "LOAD DATA LOCAL INFILE 'missing' INTO TABLE t", "LOAD DATA LOCAL INFILE 'file' INTO TABLE missing",
		"LOAD DATA LOCAL INFILE 'file' REPLACE INTO TABLE t; SELECT COUNT(*) FROM t", "LOAD DATA LOCAL INFILE 'file' INTO TABLE t",
		"KILL QUERY 4000000000", "KILL QUERY CONNECTION_ID()", "SELECT REPEAT('x', 300)", "SELECT REPEAT('x', 70000)",
		// The largest row of one packet, then rows whose last packet is empty, whose continuation begins with 0xFE, and
		// whose first column has 16 MiB.
		"SELECT REPEAT('x', 16777210)", "SELECT REPEAT('x', 16777211)", "SELECT CONCAT(REPEAT('x', 16777211), X'FE0000'), 1",
		"SELECT REPEAT('x', 16777216)", "SELECT REPEAT('x', 34000000), 1; SELECT 1",
	} {
		k.query(sql)
	}
}

func (k *capture) commands() {
	k.command(protocol.ComPing)
	k.command(protocol.ComStatistics)
	k.command(protocol.ComInitDB, []byte("app")...)
	k.command(protocol.ComInitDB, []byte("missing")...)
	k.command(protocol.ComFieldList, []byte("t\x00")...)
	k.command(protocol.ComFieldList, []byte("t\x00b%")...)
	k.command(protocol.ComFieldList, []byte("missing\x00")...)
	k.command(protocol.ComProcessInfo)
	k.command(protocol.ComDebug)
	k.command(protocol.ComSetOption, 0, 0)
	k.command(protocol.ComSetOption, 1, 0)
	k.command(protocol.ComSetOption, 9, 0)
	k.command(protocol.ComSetOption, 0, 0)
	k.command(protocol.ComRefresh, 1)
	k.command(protocol.ComCreateDB, []byte("created")...)
	k.command(protocol.ComDropDB, []byte("created")...)
	k.command(protocol.ComProcessKill, 0xff, 0xff, 0xff, 0x7f)
	k.command(protocol.ComStmtReset, 99, 0, 0, 0)
	k.command(protocol.ComStmtFetch, 99, 0, 0, 0, 1, 0, 0, 0)
	k.command(protocol.ComStmtExecute, 99, 0, 0, 0, 0, 1, 0, 0, 0)
	k.command(protocol.ComRegisterSlave, 1)
	for _, cmd := range []protocol.Command{protocol.ComSleep, protocol.ComConnect, protocol.ComTime, protocol.ComDelayedInsert, protocol.ComDaemon, 0x42} {
		k.command(cmd)
	}
}

func (k *capture) prepared() {
	text := func(s string) []byte { return []byte(s) }
	k.prepare("SELEC")
	k.execute("DO 1", 0)
	k.execute("SELECT a,b FROM t ORDER BY a", 0)
	k.execute("INSERT INTO t VALUES (?,?)", 0, text("30"), nil)
	k.execute("INSERT INTO t VALUES (?,?)", 0, text("30"), nil)
	k.execute("SELECT a,b FROM t WHERE a > ? AND b <> ?", 0, text("0"), text("z"))
	k.execute("SELECT ?, REPEAT('x', 17000000)", 0, text("0"))
	k.execute("CALL p(1, @y)", 0)
	k.execute("CALL p(?, ?)", 0, text("1"), nil)
	k.execute("CALL q()", 0)
	k.execute("SET @a = ?", 0, text("1"))
	s := k.execute("SELECT a FROM t WHERE b = ?", 0, text("x"))
	if err := s.SendLongData(0, text("x")); err != nil {
		k.t.Fatal(err)
	}
	k.command(protocol.ComStmtReset, s.id()...)
	if err := s.Close(); err != nil {
		k.t.Fatal(err)
	}
	k.command(protocol.ComStmtReset, s.id()...)
}

func (k *capture) cursors() {
	s := k.execute("SELECT a,b FROM t ORDER BY a", protocol.CursorReadOnly)
	k.fetch(s, 2)
	k.fetch(s, 1)
	k.fetch(s, 1000)
	k.fetch(s, 1)
	s = k.execute("SELECT a FROM t WHERE a > 1000", protocol.CursorReadOnly)
	k.fetch(s, 1)
	s = k.execute("SELECT a, REPEAT('x', 9000000), REPEAT('y', 9000000) FROM t ORDER BY a LIMIT 2", protocol.CursorReadOnly)
	k.fetch(s, 2)
	k.execute("INSERT INTO t VALUES (?,?)", protocol.CursorReadOnly, []byte("40"), nil)
	k.execute("SHOW TABLES", protocol.CursorReadOnly)
	k.execute("CALL p(?, ?)", protocol.CursorReadOnly, []byte("1"), nil)
	k.execute("CALL q()", protocol.CursorReadOnly)
	s = k.execute("SELECT a FROM t ORDER BY a", protocol.CursorReadOnly)
	k.command(protocol.ComStmtReset, s.id()...)
	k.fetch(s, 1)
	s = k.execute("SELECT a FROM t ORDER BY a", protocol.CursorReadOnly)
	k.query("SELECT a FROM t ORDER BY a") // while a cursor is open
	k.fetch(s, 1)
	k.command(protocol.ComResetConnection)
}

// mariadb records what only MariaDB has: bulk execution, cached metadata, progress reports.
func (k *capture) mariadb() {
	bulk := func(sql string, flags uint16, rows string) {
		s := k.prepare(sql)
		p := binary.LittleEndian.AppendUint16(s.id(), 0x80|flags) // types follow
		p = append(p, byte(protocol.TypeLong), 0)
		for _, row := range []byte(rows) {
			p = append(p, 0, row, 0, 0, 0) // no indicator, value
		}
		k.record(protocol.ComStmtBulkExecute, sql, func() error {
			_, err := k.c.Command(protocol.ComStmtBulkExecute, p...)
			return err
		})
	}
	bulk("INSERT INTO t VALUES (?, 'bulk')", 0, "def")
	bulk("INSERT INTO t VALUES (?, 'bulk')", 0, "ghd")
	bulk("INSERT INTO t VALUES (?, 'bulk') RETURNING a", 0, "ijk")
	bulk("INSERT INTO t VALUES (?, 'bulk')", 0x40, "lm")

	s := k.execute("SELECT a,b FROM t WHERE a < ?", 0, []byte("3"))
	for range 2 { // the definitions are not sent again
		k.record(protocol.ComStmtExecute, "again", func() error {
			_, err := s.Execute([]byte("3"))
			return err
		})
	}
	k.quietly("SET progress_report_time=1, max_recursive_iterations=100000000", "DROP TABLE IF EXISTS big",
		"CREATE TABLE big (a INT, b CHAR(200)) ENGINE=MyISAM", "INSERT INTO big SELECT seq, 'x' FROM seq_1_to_3000000")
	k.query("ALTER TABLE big ADD COLUMN c INT, ADD KEY (a), FORCE, ALGORITHM=COPY")
	k.quietly("DROP TABLE big")
}

// optionalMetadata records answers without column definitions.
func (k *capture) optionalMetadata() {
	k.quietly("SET resultset_metadata=NONE")
	k.query("SELECT a,b FROM t ORDER BY a")
	k.query("SELECT 1; SELECT a FROM t WHERE a > 1000; DO 1")
	k.query("CALL p(1, @y)")
	k.execute("SELECT a,b FROM t WHERE a < ?", 0, []byte("3"))
	s := k.execute("SELECT a,b FROM t WHERE a < ?", protocol.CursorReadOnly, []byte("3"))
	k.fetch(s, 1)
	k.command(protocol.ComFieldList, []byte("t\x00")...)
	k.quietly("SET resultset_metadata=FULL")
}
