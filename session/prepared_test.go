package session_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parkway/config"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// commandsOf counts the commands of a kind that the server got.
func (w *world) commandsOf(cmd protocol.Command) (n int) {
	for _, c := range w.server.Commands() {
		if c.Command == cmd {
			n++
		}
	}
	return n
}

// Prepared statements tie a client to no connection: on another one they are prepared again, invisibly, and the types of the
// parameters, which a client sends once, follow. However the client's bytes come.
func TestStatementOnTwoConnections(t *testing.T) {
	for _, piece := range []int{0, 1, 7} {
		t.Run(fmt.Sprint(piece), func(t *testing.T) {
			w, _ := newPreparer(t, nil)
			cfg := w.client()
			if piece > 0 {
				cfg.Addr = mysqltest.NewWire(t, mysqltest.WireConfig{Target: w.addr, Up: mysqltest.Direction{Piece: piece}, Down: mysqltest.Direction{Piece: piece}}).Addr()
			}
			a, b := mysqltest.Dial(t, cfg), w.dial()
			s := mustPrepare(t, a, "SELECT ?")
			other := mustPrepare(t, a, "SELECT ?, 2")
			if s.StatementID != 1 || other.StatementID != 2 {
				t.Errorf("ids %d and %d", s.StatementID, other.StatementID)
			}
			wantRow(t, a, protocol.ComStmtExecute, first(s, "one"), `SELECT ? types fd00 values "\x03one"`)
			mustQuery(t, b, "BEGIN") // takes the connection
			wantRow(t, a, protocol.ComStmtExecute, again(s, "two"), `SELECT ? types fd00 values "\x03two"`)
			wantRow(t, a, protocol.ComStmtExecute, first(other, "three"), `SELECT ?, 2 types fd00 values "\x05three"`)
			w.waitBackends(2)
			if n := w.commandsOf(protocol.ComStmtPrepare); n != 4 {
				t.Errorf("prepared %d times", n)
			}
			// Both clients have the same statement: the server has one for both.
			of := mustPrepare(t, b, "SELECT ?")
			wantRow(t, b, protocol.ComStmtExecute, first(of, "four"), `values "\x04four"`)
			mustQuery(t, b, "COMMIT")
			for range 3 {
				wantRow(t, a, protocol.ComStmtExecute, again(s, "five"), `values "\x04five"`)
				wantRow(t, b, protocol.ComStmtExecute, again(of, "six"), `values "\x03six"`)
			}
			if n := w.commandsOf(protocol.ComStmtPrepare); n != 5 {
				t.Errorf("prepared %d times", n)
			}
		})
	}
}

// A statement is prepared elsewhere as the client has prepared it, whatever has become of its schema and variables since.
func TestStatementKeepsItsContext(t *testing.T) {
	w, _ := newPreparer(t, nil)
	a, b := w.dial(), w.dial()
	mustQuery(t, a, "SET time_zone='+01:00', sql_mode='ANSI'")
	s := mustPrepare(t, a, "SELECT 1")
	c := w.dial() // without that sql_mode
	mustQuery(t, b, "BEGIN")
	mustQuery(t, c, "BEGIN")
	mustQuery(t, c, "COMMIT")
	wantRow(t, a, protocol.ComStmtExecute, s.ExecutePayload(0)[1:], "SELECT 1")
	var texts []string
	for _, c := range w.server.Commands() {
		if c.Command == protocol.ComQuery || c.Command == protocol.ComStmtPrepare || c.Command == protocol.ComStmtExecute {
			texts = append(texts, c.Command.String()+" "+string(c.Payload[1:]))
		}
	}
	n := len(texts)
	if n < 3 || !strings.HasPrefix(texts[n-1], "COM_STMT_EXECUTE") || texts[n-2] != "COM_STMT_PREPARE SELECT 1" ||
		!strings.Contains(texts[n-3], "sql_mode") {
		t.Errorf("the server got %q", texts[max(0, n-6):])
	}
}

// What the server says to a statement that is prepared again is the answer to the execution; the connection is of use to others.
func TestStatementThatCannotBePreparedAgain(t *testing.T) {
	w, p := newPreparer(t, nil)
	a, b := w.dial(), w.dial()
	s := mustPrepare(t, a, "SELECT ?")
	mustQuery(t, b, "BEGIN")
	p.mu.Lock()
	p.prepare = func(_ string, a *mysqltest.Answer) bool {
		a.Error(1146, "Table 'app.t' doesn't exist")
		return true
	}
	p.mu.Unlock()
	_, err := a.Command(protocol.ComStmtExecute, first(s, "x")...)
	wantERR(t, err, 1146, "Table 'app.t' doesn't exist")
	if _, err := a.Prepare("SELECT 2"); err == nil {
		t.Error("prepared what the server refused")
	}
	mustQuery(t, a, "SELECT 1")
	p.mu.Lock()
	p.prepare = nil
	p.mu.Unlock()
	wantRow(t, a, protocol.ComStmtExecute, first(s, "x"), `values "\x01x"`)
	// Long data has no answer that could say so: the execution has.
	p.mu.Lock()
	p.prepare = func(_ string, a *mysqltest.Answer) bool {
		a.Error(1146, "again")
		return true
	}
	p.mu.Unlock()
	if err := s.SendLongData(0, make([]byte, 100<<10)); err != nil {
		t.Fatal(err)
	}
	_, err = a.Command(protocol.ComStmtExecute, first(s, "x")...)
	wantERR(t, err, 1146, "again")
	wantRow(t, a, protocol.ComStmtExecute, first(s, "x"), `long ""`)
	mustQuery(t, b, "COMMIT")
}

// Long data of some size holds the connection until it is executed, and is not mixed with that of another statement of the same text.
func TestLongData(t *testing.T) {
	w, _ := newPreparer(t, nil)
	a, b := w.dial(), w.dial()
	s, same := mustPrepare(t, a, "INSERT ?"), mustPrepare(t, b, "INSERT ?")
	for _, part := range []string{"part one, ", strings.Repeat("x", 200<<10)} {
		if err := s.SendLongData(0, []byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	wantRow(t, b, protocol.ComStmtExecute, first(same, "b"), `values "\x01b" long ""`)
	w.waitBackends(2)
	wantRow(t, a, protocol.ComStmtExecute, first(s, ""), `long "part one, xxx`)
	if got := w.metric(`parkway_pins_total{reason="long_data"}`); got != "1" {
		t.Errorf("%s pins", got)
	}
	// Given up, it reaches nobody.
	if err := s.SendLongData(0, []byte("given up")); err != nil {
		t.Fatal(err)
	}
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	wantRow(t, a, protocol.ComStmtExecute, first(s, ""), `long ""`)
	sent := w.commandsOf(protocol.ComStmtSendLongData)
	if err := s.SendLongData(0, make([]byte, 100<<10)); err != nil {
		t.Fatal(err)
	}
	for w.commandsOf(protocol.ComStmtSendLongData) == sent {
		w.turns()
	}
	a.Close()
	w.waitSessions(1)
	w.waitBackends(1)
	wantRow(t, b, protocol.ComStmtExecute, again(same, "b"), `values "\x01b" long ""`)
}

// Long data that is not much waits for the execution, which any connection may have, and goes to the statement that others use too.
func TestLongDataThatIsKept(t *testing.T) {
	w, p := newPreparer(t, nil)
	a, b := w.dial(), w.dial()
	s := mustPrepare(t, a, "INSERT ?")
	wantRow(t, a, protocol.ComStmtExecute, first(s, "inline"), `values "\x06inline" long ""`)
	for _, part := range []string{"part one, ", "part two"} {
		if err := s.SendLongData(0, []byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	mustQuery(t, b, "BEGIN")
	w.waitBackends(1)
	wantRow(t, a, protocol.ComStmtExecute, first(s, ""), `long "part one, part two"`)
	w.waitBackends(2)
	mustQuery(t, b, "COMMIT")
	wantRow(t, a, protocol.ComStmtExecute, again(s, "x"), `values "\x01x" long ""`)
	if got := p.open(); got != 2 {
		t.Errorf("%d statements on two connections", got)
	}
	if got := w.metric(`parkway_pins_total{reason="long_data"}`); got != "" && got != "0" {
		t.Errorf("%s pins", got)
	}
	// Given up, it reaches nobody.
	if err := s.SendLongData(0, []byte("given up")); err != nil {
		t.Fatal(err)
	}
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	wantRow(t, a, protocol.ComStmtExecute, first(s, "y"), `long ""`)
}

// A connection that is kept for what only it has is not reset for a statement that was prepared in the environment of before the client said a
// character set, after COM_RESET_CONNECTION: MySQL's global one.
func TestPreparingKeepsWhatTheConnectionHas(t *testing.T) {
	const names = "SET collation_connection = utf8mb4_bin"
	w, _ := newPreparer(t, func(s *setup) {
		next := s.server.Handler
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			if string(payload[1:]) != names {
				next(cmd, payload, a)
				return
			}
			change := protocol.StateChange{Type: protocol.TrackSystemVariables, Name: []byte("collation_connection"), Value: []byte("utf8mb4_bin")}
			a.OKPacket(protocol.OK{Status: a.Status | protocol.StatusSessionStateChanged, StateChanges: change.Append(nil)})
		}
	})
	a, b := w.dial(), w.dial()
	if _, err := a.Command(protocol.ComResetConnection); err != nil {
		t.Fatal(err)
	}
	s := mustPrepare(t, a, "SELECT ?")
	mustQuery(t, b, "BEGIN")
	mustQuery(t, a, names)
	mustQuery(t, a, "CREATE TEMPORARY TABLE t (a INT)")
	w.waitBackends(2)
	resets := w.commandsOf(protocol.ComResetConnection)
	for range 2 {
		wantRow(t, a, protocol.ComStmtExecute, first(s, "x"), `values "\x01x"`)
	}
	if got := w.commandsOf(protocol.ComResetConnection); got != resets {
		t.Errorf("the connection with the temporary table was reset %d times", got-resets)
	}
	if got := w.commandsOf(protocol.ComStmtPrepare); got != 2 {
		t.Errorf("prepared %d times, want 2", got)
	}
	if !slices.Contains(w.texts(), "SET @@SESSION.collation_connection=DEFAULT") {
		t.Errorf("not in the environment: %q", w.texts())
	}
	mustQuery(t, b, "COMMIT")
}

// DESIGN 15: COM_STMT_FETCH drops the client; statements pile up (3792, 1251).
func TestFetchAndStatementsThatPileUp(t *testing.T) {
	const most = 5
	w, p := newPreparer(t, func(s *setup) { s.settings.MaxStmtsPerConnection = most })
	a, b := w.dial(), w.dial()
	s := mustPrepare(t, a, "SELECT rows")
	if _, err := s.ExecuteFlags(protocol.CursorReadOnly); err != nil {
		t.Fatal(err)
	}
	mustQuery(t, b, "SELECT 1")
	w.waitBackends(2) // the cursor has one
	fetched, err := s.Fetch(10)
	if err != nil || len(fetched.Rows) != 1 || !strings.Contains(string(fetched.Rows[0]), "fetched SELECT rows") {
		t.Errorf("%q, %v", fetched.Rows, err)
	}
	_, err = s.Fetch(10)
	wantERR(t, err, 1421, fmt.Sprintf("The statement (%d) has no open cursor", s.StatementID))
	mustQuery(t, a, "SELECT 1")

	// A client that never closes anything, and clients that vanish.
	for i := range 50 {
		wantRow(t, a, protocol.ComStmtExecute, first(mustPrepare(t, a, fmt.Sprintf("SELECT ?, %d", i)), "x"), `\x01x`)
		c := w.dial()
		wantRow(t, c, protocol.ComStmtExecute, first(mustPrepare(t, c, fmt.Sprintf("SELECT ?, %d", i)), "x"), `\x01x`)
		c.Close()
	}
	w.waitSessions(2)
	if n := p.open(); n > 2*(most+1) {
		t.Errorf("%d statements on two connections", n)
	}
	// What was closed on the server is still there for the client.
	wantRow(t, a, protocol.ComStmtExecute, s.ExecutePayload(0)[1:], "SELECT rows")
	// What the client closes is gone for it.
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = s.Execute()
	wantERR(t, err, 1243, fmt.Sprintf("Unknown prepared statement handler (%d)", s.StatementID))
}

// An open cursor dies with its client, and is not seen by the next.
func TestCursorOfAClientThatVanished(t *testing.T) {
	w, _ := newPreparer(t, nil)
	a := w.dial()
	if _, err := mustPrepare(t, a, "SELECT rows").ExecuteFlags(protocol.CursorReadOnly); err != nil {
		t.Fatal(err)
	}
	a.Close()
	w.waitBackends(0)
	b := w.dial()
	s := mustPrepare(t, b, "SELECT rows")
	_, err := s.Fetch(1)
	wantERR(t, err, 1421, "")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	mustQuery(t, b, "SELECT 1")
}

// COM_RESET_CONNECTION and COM_CHANGE_USER close all statements.
func TestStatementsEndWithTheSession(t *testing.T) {
	w, _ := newPreparer(t, nil)
	a := w.dial()
	for name, end := range map[string]func() error{
		"COM_RESET_CONNECTION": func() error { _, err := a.Command(protocol.ComResetConnection); return err },
		"COM_CHANGE_USER":      func() error { return a.ChangeUser("app", "secret", "") },
	} {
		s := mustPrepare(t, a, "SELECT ?")
		wantRow(t, a, protocol.ComStmtExecute, first(s, "x"), `\x01x`)
		if err := end(); err != nil {
			t.Fatal(err)
		}
		_, err := a.Command(protocol.ComStmtExecute, first(s, "x")...)
		wantERR(t, err, 1243, "")
		if again := mustPrepare(t, a, "SELECT ?"); again.StatementID != 1 {
			t.Errorf("%s: the next id is %d", name, again.StatementID)
		}
	}
}

// A connection that is lost takes no statements with it.
func TestStatementsOutliveTheirConnection(t *testing.T) {
	w, _ := newPreparer(t, nil)
	a := w.dial()
	s := mustPrepare(t, a, "SELECT ?")
	wantRow(t, a, protocol.ComStmtExecute, first(s, "x"), `\x01x`)
	w.server.KillAll()
	w.waitBackends(0)
	wantRow(t, a, protocol.ComStmtExecute, again(s, "y"), `\x01y`)
}

// Executions that are longer than what is held back pass as they come, with the types put in where they are needed; so do those that
// are so long that they take several packets.
func TestLongExecutions(t *testing.T) {
	w, _ := newPreparer(t, func(s *setup) { s.settings.MaxAllowedPacket = 1 << 30 })
	a, b := w.dial(), w.dial()
	s := mustPrepare(t, a, "SELECT ?")
	for _, size := range []int{100 << 10, protocol.MaxPayload - 14, protocol.MaxPayload + 100} {
		value := strings.Repeat("x", size)
		wantRow(t, a, protocol.ComStmtExecute, first(s, value), fmt.Sprintf("types fd00 values \"%d bytes", lenenc(size)))
		mustQuery(t, b, "BEGIN")
		wantRow(t, a, protocol.ComStmtExecute, again(s, value), fmt.Sprintf("types fd00 values \"%d bytes", lenenc(size)))
		mustQuery(t, b, "COMMIT")
		mustQuery(t, a, "SELECT 1")
		w.server.KillAll()
		w.waitBackends(0)
	}
}

// lenenc is the length of a text of n bytes with its length in front.
func lenenc(n int) int { return len(protocol.AppendLenencInt(nil, uint64(n))) + n }

// A text that is too long to be held back ties its client to the connection until it is closed.
func TestLongText(t *testing.T) {
	w, _ := newPreparer(t, nil)
	a, b := w.dial(), w.dial()
	s := mustPrepare(t, a, "SELECT ? "+strings.Repeat("-", 100<<10))
	mustQuery(t, b, "SELECT 1")
	w.waitBackends(2)
	wantRow(t, a, protocol.ComStmtExecute, first(s, "x"), `values "\x01x"`)
	if err := s.SendLongData(0, []byte("long")); err != nil {
		t.Fatal(err)
	}
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	wantRow(t, a, protocol.ComStmtExecute, again(s, "y"), `values "\x01y" long ""`)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	mustQuery(t, a, "SELECT 1")
	mustQuery(t, b, "BEGIN")
	wantRow(t, a, protocol.ComStmtExecute, mustPrepare(t, a, "SELECT 2").ExecutePayload(0)[1:], "SELECT 2")
	mustQuery(t, b, "COMMIT")
	w.waitBackends(2)
}

// A client that prepares and executes without waiting for the answer names the statement by MariaDB's id for the last.
func TestExecuteTheLastPrepared(t *testing.T) {
	w, p := newPreparer(t, nil)
	a, b := w.dial(), w.dial()
	mustPrepare(t, a, "SELECT 0")
	mustQuery(t, b, "BEGIN")
	execute := binary.LittleEndian.AppendUint32([]byte{byte(protocol.ComStmtExecute)}, 0xffffffff)
	execute = append(execute, 0, 1, 0, 0, 0)
	if err := a.WriteRaw(protocol.AppendPacket(nil, append([]byte{byte(protocol.ComStmtPrepare)}, "SELECT last"...), 0)); err != nil {
		t.Fatal(err)
	}
	if err := a.WriteCommand(protocol.ComStmtExecute, execute[1:]...); err != nil {
		t.Fatal(err)
	}
	head, err := a.ReadRaw(protocol.HeaderLen + 12)
	if err != nil || head[protocol.HeaderLen] != 0 {
		t.Fatalf("%q, %v", head, err)
	}
	answer, err := a.ReadAnswer(protocol.ComStmtExecute)
	if err != nil || !strings.Contains(string(answer[0].Rows[0]), "SELECT last") {
		t.Errorf("%+v, %v", answer, err)
	}
	// After a failure there is none.
	p.mu.Lock()
	p.prepare = func(_ string, a *mysqltest.Answer) bool {
		a.Error(1064, "no")
		return true
	}
	p.mu.Unlock()
	if _, err := a.Prepare("SELECT fails"); err == nil {
		t.Error("prepared what the server refused")
	}
	_, err = a.Command(protocol.ComStmtExecute, execute[1:]...)
	wantERR(t, err, 1243, "(4294967295)")
}

// Without multiplexing, ids and commands pass as they are.
func TestStatementsOfOwnConnections(t *testing.T) {
	w, p := newPreparer(t, unshared)
	a := w.dial()
	s := mustPrepare(t, a, "SELECT ?")
	if s.StatementID < 100 {
		t.Errorf("id %d is not the server's", s.StatementID)
	}
	wantRow(t, a, protocol.ComStmtExecute, first(s, "x"), `\x01x`)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	mustQuery(t, a, "SELECT 1")
	if n := p.open(); n != 0 {
		t.Errorf("%d statements", n)
	}
}

// A client may have only so many statements open.
func TestTooManyStatements(t *testing.T) {
	w, _ := newPreparer(t, func(s *setup) { s.settings = config.Default().MySQL; s.settings.Multiplexing = true })
	a := w.dial()
	text := "SELECT '" + strings.Repeat("x", 60<<10) + "', "
	var err error
	n := 0
	for ; err == nil && n < 1000; n++ {
		_, err = a.Prepare(text + fmt.Sprint(n))
	}
	wantERR(t, err, 1461, "Can't create more than max_prepared_stmt_count statements")
	if n < 200 {
		t.Errorf("after %d statements", n)
	}
	mustQuery(t, a, "SELECT 1")
}

// What asks for the schema, and was prepared in none, is prepared nowhere else: no command leaves a schema.
func TestStatementWithoutSchema(t *testing.T) {
	for _, test := range []struct {
		database, sql string
		backends      int
	}{{"", "SELECT DATABASE()", 2}, {"", "SELECT a FROM app.t", 1}, {"app", "SELECT DATABASE()", 1}} {
		w, _ := newPreparer(t, nil)
		cfg := w.client()
		cfg.Database = test.database
		mustPrepare(t, mysqltest.Dial(t, cfg), test.sql)
		mustQuery(t, mysqltest.Dial(t, cfg), "SELECT 1")
		w.waitBackends(test.backends)
	}
}

// MariaDB takes texts for what the character set was when their types came. A connection that lacks the types is told them in that one, by an
// execution that it refuses; types that come with the values need none. Of other variables it keeps nothing.
func TestTypesKeepTheirCharacterSet(t *testing.T) {
	const mariaDB, mySQL = "5.5.5-10.11.6-MariaDB", "9.7.0"
	for _, test := range []struct {
		version string
		latin   bool
		want    string
	}{
		{mariaDB, false, "prepare values ANSI prepare ANSI values values values"},
		{mariaDB, true, "prepare values ANSI latin1 prepare ANSI types latin1 values values values"},
		{mySQL, false, "prepare values ANSI prepare ANSI values values values"},
		{mySQL, true, "prepare values ANSI latin1 prepare ANSI values latin1 values values"},
	} {
		w, _ := newPreparer(t, func(s *setup) { s.server.Greeting.ServerVersion = test.version })
		a, b := w.dial(), w.dial()
		s := mustPrepare(t, a, "SELECT ?")
		wantRow(t, a, protocol.ComStmtExecute, first(s, "one"), `values "\x03one"`)
		mustQuery(t, a, "SET time_zone='+01:00', sql_mode='ANSI'")
		if test.latin {
			mustQuery(t, a, "SET character_set_client=latin1")
		}
		mustQuery(t, b, "BEGIN")
		wantRow(t, a, protocol.ComStmtExecute, again(s, "two"), `types fd00 values "\x03two"`)
		wantRow(t, a, protocol.ComStmtExecute, again(s, "three"), `types fd00 values "\x05three"`)
		wantRow(t, a, protocol.ComStmtExecute, first(s, "four"), `types fd00 values "\x04four"`)
		w.waitBackends(2)
		var got []string
		for _, c := range w.server.Commands() {
			switch text := string(c.Payload[1:]); {
			case c.Command == protocol.ComStmtExecute && len(c.Payload) <= protocol.ExecuteLen+4:
				got = append(got, "types")
			case c.Command == protocol.ComStmtExecute:
				got = append(got, "values")
			case c.Command == protocol.ComStmtPrepare:
				got = append(got, "prepare")
			case strings.Contains(text, "sql_mode") && strings.Contains(text, "ANSI"):
				got = append(got, "ANSI")
			case strings.Contains(text, "latin1"):
				got = append(got, "latin1")
			}
		}
		if got := strings.Join(got, " "); got != test.want {
			t.Errorf("%+v: the server got %q", test, got)
		}
		mustQuery(t, b, "COMMIT")
	}
}

// An execution that fails has told MariaDB the types of its parameters: they are not told once more, in the character set of before, which would
// cost the diagnostics.
func TestTypesOutliveAFailure(t *testing.T) {
	for version, told := range map[string]string{"5.5.5-10.11.6-MariaDB": "", "9.7.0": "fd00"} {
		w, _ := newPreparer(t, func(s *setup) { s.server.Greeting.ServerVersion = version })
		a := w.dial()
		s := mustPrepare(t, a, "SELECT ?")
		_, err := a.Command(protocol.ComStmtExecute, first(s, refused)...)
		wantERR(t, err, 1298, "Unknown or incorrect time zone")
		mustQuery(t, a, "SET time_zone='+01:00', sql_mode='ANSI'")
		wantRow(t, a, protocol.ComStmtExecute, again(s, "two"), `values "\x03two"`)
		var last []byte
		for _, c := range w.server.Commands() {
			if c.Command == protocol.ComStmtExecute {
				last = c.Payload
			}
		}
		if n := w.commandsOf(protocol.ComStmtExecute); n != 2 {
			t.Errorf("%s: %d executions", version, n)
		}
		at := protocol.ExecuteLen + 1
		if got := fmt.Sprintf("%x", last[at+1:len(last)-len("\x03two")]); got != told {
			t.Errorf("%s: told the types %q, want %q", version, got, told)
		}
	}
}

// To prepare a statement that assigns a user variable gives that, on MariaDB, the collation of the expression: it is not done anywhere else, and
// of what value the variable is then only this server knows.
func TestPreparedAssignment(t *testing.T) {
	for version, backends := range map[string]int{"5.5.5-10.11.6-MariaDB": 2, "9.7.0": 1} {
		w, _ := newPreparer(t, func(s *setup) { s.server.Greeting.ServerVersion = version })
		a, b := w.dial(), w.dial()
		mustQuery(t, a, "SET @a = 'x'")
		s := mustPrepare(t, a, "SET @a = ?")
		mustQuery(t, b, "SELECT 1")
		w.waitBackends(backends)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		mustQuery(t, b, "BEGIN")
		mustQuery(t, w.dial(), "SELECT 1")
		w.waitBackends(backends + 1)
	}
}

// Who waits for a connection does not get one whose client may ask why its COM_STMT_PREPARE failed.
func TestWarningsOfFailedPreparation(t *testing.T) {
	w, p := newPreparer(t, func(s *setup) {
		s.places = 1
		s.settings.ConnectionDelayMultiplex = patience
	})
	p.prepare = func(_ string, a *mysqltest.Answer) bool {
		a.Error(protocol.ErrCodeParse, "refused")
		return true
	}
	a, b := w.dial(), w.dial()
	if _, err := a.Prepare("SELEKT ?"); err == nil {
		t.Fatal("prepared what the server refused")
	}
	answered := make(chan error)
	go func() {
		_, err := b.Query("other")
		answered <- err
	}()
	for range 3 {
		w.turns()
	}
	mustQuery(t, a, "SHOW WARNINGS")
	a.Close()
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if texts := w.texts(); !slices.Equal(texts, []string{"SHOW WARNINGS", "other"}) {
		t.Errorf("the server got %q", texts)
	}
}
