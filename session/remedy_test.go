package session

import (
	"testing"

	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

func TestRemedy(t *testing.T) {
	read := loss{state: answering, harmless: true, retries: 1, resends: 1}
	with := func(change func(*loss)) loss {
		l := read
		change(&l)
		return l
	}
	for _, test := range []struct {
		name string
		loss loss
		want remedy
	}{
		{"a read", read, repeat},
		{"a read in a transaction", with(func(l *loss) { l.stateful = true }), endTold},
		{"a read that was repeated", with(func(l *loss) { l.retries = 0 }), report},
		{"a read of which the client has a part", with(func(l *loss) { l.started = true }), report},
		{"a read of which the client has half a packet", with(func(l *loss) { l.started, l.partial = true, true }), endTold},
		{"a write", with(func(l *loss) { l.harmless = false }), report},
		{"a write of whose answer the client has a part", with(func(l *loss) { l.harmless, l.started = false, true }), endTold},
		{"a command that is still being sent", with(func(l *loss) { l.state, l.harmless = sending, false }), report},
		{"one that was answered early", with(func(l *loss) { l.state, l.harmless, l.started = sending, false, true }), endTold},
		{"a file", with(func(l *loss) { l.state = uploading }), endTold},
		{"not sent", loss{state: acquiring, resends: 1}, resend},
		{"not sent too often", loss{state: acquiring}, report},
		{"not sent, in a transaction", loss{state: acquiring, resends: 1, stateful: true}, endTold},
		{"nothing under way", loss{state: ready}, forget},
		{"nothing under way in a transaction", loss{state: ready, stateful: true}, endTold},
		{"waiting for a rule's delay", loss{state: delayed}, forget},
		{"waiting for a KILL", loss{state: killing}, forget},
		{"answered early", loss{state: trailing}, forget},
		{"refused", loss{state: refused}, forget},
		{"being refused", loss{state: discarding}, forget},
		{"being refused in a transaction", loss{state: discarding, stateful: true}, endTold},
	} {
		if got := test.loss.remedy(); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestHarmless(t *testing.T) {
	for sql, want := range map[string]bool{
		"SELECT 1":                               true,
		"select c from t where id = 5":           true,
		"(SELECT 1) UNION (SELECT 2)":            true,
		"WITH x AS (SELECT 1) SELECT * FROM x":   true,
		"SHOW TABLES":                            true,
		"EXPLAIN SELECT 1":                       false,
		"SELECT @a, LAST_INSERT_ID()":            true,
		"SELECT CONNECTION_ID()":                 true,
		"SELECT ? FROM t LIMIT ?":                true,
		"SELECT stored_function()":               true, // as in ProxySQL
		"":                                       false,
		"SELECT 1; SELECT 2":                     false,
		"SELECT * FROM t FOR UPDATE":             false,
		"SELECT * FROM t LOCK IN SHARE MODE":     false,
		"SELECT @a := 1":                         false,
		"SELECT 1 INTO @a":                       false,
		"SELECT * FROM t INTO OUTFILE '/f'":      false,
		"SELECT GET_LOCK('a', 1)":                false,
		"SELECT RELEASE_LOCK('a')":               false,
		"SELECT LAST_INSERT_ID(5)":               false,
		"SELECT SQL_CALC_FOUND_ROWS * FROM t":    false,
		"SELECT FOUND_ROWS()":                    false,
		"SELECT ROW_COUNT()":                     false,
		"SELECT NEXTVAL(s)":                      false,
		"SHOW WARNINGS":                          false,
		"DO SLEEP(1)":                            false,
		"INSERT INTO t VALUES (1)":               false,
		"WITH x AS (SELECT 1) DELETE FROM t":     false,
		"EXPLAIN ANALYZE DELETE FROM t":          false,
		"SET @a = 1":                             false,
		"USE db":                                 false,
		"BEGIN":                                  false,
		"CALL p()":                               false,
		"SELECT /*! SQL_NO_CACHE */ * FROM t":    false,
		"SELECT 'a":                              false,
		"SET STATEMENT sql_mode='' FOR SELECT 1": false,
	} {
		info := digest.Scan([]byte(sql), 0)
		if got := harmless(protocol.ComQuery, true, &info); got != want {
			t.Errorf("%q: %v, want %v (class %v, %v)", sql, got, want, info.Class, info.Flags)
		}
	}
	info := digest.Scan([]byte("SELECT 1"), 0)
	write := digest.Scan([]byte("DELETE FROM t"), 0)
	for _, test := range []struct {
		cmd   protocol.Command
		whole bool
		info  *digest.Info
		want  bool
	}{
		{protocol.ComQuery, false, &info, false},
		{protocol.ComStmtExecute, true, &info, true},
		{protocol.ComStmtExecute, false, &info, false},
		{protocol.ComStmtExecute, true, &write, false},
		{protocol.ComStmtExecute, true, &digest.Info{}, false}, // a statement that nobody knows
		{protocol.ComStmtPrepare, true, &write, true},
		{protocol.ComStmtPrepare, false, &write, false},
		{protocol.ComStmtBulkExecute, true, &info, false},
		{protocol.ComStmtFetch, true, &info, false},
	} {
		if got := harmless(test.cmd, test.whole, test.info); got != test.want {
			t.Errorf("%v, whole %v, verb %v: %v", test.cmd, test.whole, test.info.Verb, got)
		}
	}
}

func TestOutside(t *testing.T) {
	const auto, trans = protocol.StatusAutocommit, protocol.StatusInTrans
	for _, test := range []struct {
		status protocol.StatusFlags
		pins   sysvar.Pins
		want   bool
	}{
		{auto, 0, true}, {auto, sysvar.RowCount, true}, {auto | trans, 0, false}, {0, 0, false}, {trans, 0, false}, {auto, sysvar.InTransaction, false},
	} {
		if got := outside(test.status, test.pins); got != test.want {
			t.Errorf("%v, %v: %v", test.status, test.pins, got)
		}
	}
}
