package e2e

import (
	"errors"
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// What is left of the commands that SQL has replaced, and others that no
// library sends.
func TestRawCommands(t *testing.T) {
	raw(t, func(t *testing.T, c *mysqltest.Client, seen *transcript) {
		query(c, new(transcript), "DROP TABLE IF EXISTS listed") // with a warning the first time
		query(c, seen, "CREATE TABLE listed (id INT PRIMARY KEY, name VARCHAR(9) DEFAULT 'x', other INT)")
		tests := []struct {
			name    string
			command protocol.Command
			rest    string
		}{
			{"all fields", protocol.ComFieldList, "listed\x00"},
			{"some fields", protocol.ComFieldList, "listed\x00na%"},
			{"fields of no table", protocol.ComFieldList, "missing\x00"},
			{"init db", protocol.ComInitDB, "sbtest"},
			{"init db, unknown", protocol.ComInitDB, "missing"},
			{"init db, back", protocol.ComInitDB, "app"},
			{"several statements off", protocol.ComSetOption, "\x01\x00"},
			{"when off", protocol.ComQuery, "SELECT 1; SELECT 2"},
			{"several statements on", protocol.ComSetOption, "\x00\x00"},
			{"when on", protocol.ComQuery, "SELECT 1; SELECT 2"},
			{"unknown option", protocol.ComSetOption, "\x07\x00"},
			{"ping", protocol.ComPing, ""},
			{"create db", protocol.ComCreateDB, "app"},
			{"drop db", protocol.ComDropDB, "missing"},
			{"debug without the privilege", protocol.ComDebug, ""},
			{"refresh", protocol.ComRefresh, "\x04"},
			{"a variable", protocol.ComQuery, "SET @a = 1"},
			{"reset", protocol.ComResetConnection, ""},
			{"no variable", protocol.ComQuery, "SELECT @a"},
			{"no statement", protocol.ComQuery, ""},
			{"a comment", protocol.ComQuery, "-- nothing"},
		}
		for _, test := range tests {
			results, err := c.Command(test.command, []byte(test.rest)...)
			seen.answer(test.name, results, err)
		}
	})
}

func TestRawProcessInfo(t *testing.T) {
	raw(t, func(t *testing.T, c *mysqltest.Client, seen *transcript) {
		results, err := c.Command(protocol.ComProcessInfo)
		if !seen.failed("process info", err) {
			seen.addf("%d results, %+v, rows: %t", len(results), results[0].Columns, len(results[0].Rows) > 0)
		}
		query(c, seen, "SELECT 'still here'")
	})
}

func TestRawDebug(t *testing.T) {
	for _, d := range dialects {
		same(t, func(t *testing.T, s side, seen *transcript) {
			c := mysqltest.Dial(t, mysqltest.ClientConfig{Addr: s.address(), Capabilities: mysqltest.BaseCapabilities | d.caps})
			results, err := c.Command(protocol.ComDebug)
			seen.answer("debug", results, err)
			query(c, seen, "SELECT 'still here'")
		})
	}
}

// The proxy has statistics of its own, in the form that clients take apart.
func TestRawStatistics(t *testing.T) {
	c := sides(t)[1].dial(t, 0)
	for _, state := range []string{"before a backend", "with a backend"} {
		results, err := c.Command(protocol.ComStatistics)
		if err != nil || !strings.HasPrefix(string(results[0].Rows[0]), "Uptime: ") {
			t.Errorf("%s: %+v, %v", state, results, err)
		}
		if _, err := c.Query("DO 1"); err != nil {
			t.Fatal(err)
		}
	}
}

// Before the first statement there is no backend, and commands that speak of a
// session's state have nothing to do.
func TestRawCommandsBeforeABackend(t *testing.T) {
	same(t, func(t *testing.T, s side, seen *transcript) {
		for _, command := range []protocol.Command{protocol.ComPing, protocol.ComResetConnection} {
			c := s.dial(t, 0)
			results, err := c.Command(command)
			seen.answer(command.String(), results, err)
		}
		c := s.dial(t, 0)
		for _, command := range []protocol.Command{protocol.ComStmtClose, protocol.ComStmtSendLongData} {
			if err := c.WriteCommand(command, 1, 0, 0, 0, 0, 0); err != nil {
				t.Error(err)
			}
		}
		results, err := c.Command(protocol.ComStmtReset, 1, 0, 0, 0)
		seen.answer("reset", results, err)
		query(c, seen, "SELECT 'still here'")
	})
}

// Commands that do not go through a proxy get error 1047 with a reason, those that the server does not know either its words, and
// the session goes on with all that it had.
func TestRawUnsupportedCommands(t *testing.T) {
	both := sides(t)
	direct, c := both[0].dial(t, 0), both[1].dial(t, 0)
	refusal := func(t *testing.T, c *mysqltest.Client, command protocol.Command, size int) string {
		t.Helper()
		_, err := c.Command(command, make([]byte, size)...)
		var said *protocol.ERR
		if !errors.As(err, &said) || said.Code != protocol.ErrCodeUnknownCommand || said.State != "08S01" {
			t.Fatalf("%v with %d bytes: %v, want error 1047 (08S01)", command, size, err)
		}
		return said.Message
	}
	refused := func(t *testing.T) {
		for _, size := range []int{0, 4, 100000} {
			for _, command := range []protocol.Command{
				protocol.ComShutdown, protocol.ComTableDump, protocol.ComBinlogDump, protocol.ComBinlogDumpGTID, protocol.ComRegisterSlave, protocol.ComClone,
			} {
				said := refusal(t, c, command, size)
				if want := "parkway: " + command.String() + " is not supported: "; !strings.HasPrefix(said, want) || said == want {
					t.Errorf("%v: %q, want a reason", command, said)
				}
			}
			for _, command := range []protocol.Command{
				protocol.ComSleep, protocol.ComConnect, protocol.ComTime, protocol.ComDelayedInsert, protocol.ComConnectOut, protocol.ComDaemon,
				protocol.ComMulti, 0x42, 0xff,
			} {
				if said, want := refusal(t, c, command, size), "parkway: "+refusal(t, direct, command, size); said != want {
					t.Errorf("%v: %q, want %q", command, said, want)
				}
			}
		}
	}
	t.Run("before a backend", refused)
	if _, err := c.Query("SET @mine = 'kept'"); err != nil {
		t.Fatal(err)
	}
	t.Run("with a backend", refused)
	if kept, err := c.Value("SELECT @mine"); err != nil || kept != "kept" {
		t.Errorf("afterwards: %q, %v", kept, err)
	}
}

// A packet without a byte is an unknown command, and ends nothing.
func TestRawEmptyPacket(t *testing.T) {
	for _, s := range sides(t) {
		c := s.dial(t, 0)
		for range 2 { // before a backend, and with one
			for range 2 {
				if err := c.WritePacket(0, nil); err != nil {
					t.Fatal(err)
				}
				_, err := c.ReadAnswer(protocol.ComSleep)
				var said *protocol.ERR
				if !errors.As(err, &said) || said.Code != protocol.ErrCodeUnknownCommand || said.State != "08S01" ||
					strings.TrimPrefix(said.Message, "parkway: ") != "Unknown command" {
					t.Fatalf("%s: %v, want error 1047 (08S01): Unknown command", s.name, err)
				}
			}
			if _, err := c.Query("SET @mine = CONCAT(IFNULL(@mine, ''), 'x')"); err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
		}
		if kept, err := c.Value("SELECT @mine"); err != nil || kept != "xx" {
			t.Errorf("%s: afterwards: %q, %v", s.name, kept, err)
		}
	}
}
