//go:build integration

package row

import (
	"bytes"
	"net"
	"strconv"
	"strings"
	"testing"

	"parkway/bench/servers"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/scripting/hook"
)

// The tests TestReal... hold this package against real servers. PARKWAY_FLAVOR says whose: mariadb, which is the default, or mysql.

var shared *servers.Shared

func TestMain(m *testing.M) { servers.Main(m, &shared) }

// types are columns of all types, and values for them.
var types = []struct {
	definition string
	values     []string
}{
	{"TINYINT", []string{"-128", "0", "127"}},
	{"TINYINT UNSIGNED", []string{"0", "255"}},
	{"SMALLINT", []string{"-32768", "32767"}},
	{"SMALLINT UNSIGNED ZEROFILL", []string{"7"}},
	{"MEDIUMINT", []string{"-8388608", "8388607"}},
	{"MEDIUMINT UNSIGNED", []string{"16777215"}},
	{"INT", []string{"-2147483648", "2147483647"}},
	{"INT UNSIGNED", []string{"4294967295"}},
	{"BIGINT", []string{"-9223372036854775808", "9223372036854775807"}},
	{"BIGINT UNSIGNED", []string{"18446744073709551615"}},
	{"BOOL", []string{"TRUE"}},
	{"FLOAT", []string{"0.1", "-1.5e20", "1e-30", "3.402823e38", "123456"}},
	{"FLOAT(10,3)", []string{"1.5", "1234.567"}},
	{"DOUBLE", []string{"0.1", "1e300", "-1e-300", "1e15", "1e14", "123456789.125", "1e-5", "0.0001", "100"}},
	{"DOUBLE(20,4)", []string{"1.5", "12345678901.1234"}},
	{"DECIMAL(30,10)", []string{"-1.5", "12345678901234567890.0123456789"}},
	{"YEAR", []string{"1901", "2026"}},
	{"DATE", []string{"'0000-00-00'", "'1000-01-01'", "'9999-12-31'", "'2026-11-00'"}},
	{"TIME", []string{"'-838:59:59'", "'00:00:00'", "'09:30:01'"}},
	{"TIME(6)", []string{"'-00:00:00.000001'", "'838:59:58.999999'", "'10:00:00'"}},
	{"TIME(2)", []string{"'10:00:00.25'"}},
	{"DATETIME", []string{"'0000-00-00 00:00:00'", "'2026-11-21 00:00:00'", "'2026-11-21 09:30:01'"}},
	{"DATETIME(3)", []string{"'2026-11-21 09:30:01.25'", "'2026-11-21'"}},
	{"TIMESTAMP(6) NULL", []string{"'2026-11-21 09:30:01.000001'"}},
	{"CHAR(10)", []string{"'a'", "''"}},
	{"VARCHAR(300)", []string{"''", "'grüß'", "REPEAT('x', 300)"}},
	{"BINARY(4)", []string{"0x00ff"}},
	{"VARBINARY(10)", []string{"0x00ff"}},
	{"MEDIUMTEXT", []string{"REPEAT('t', 70000)"}},
	{"BLOB", []string{"0x00ff"}},
	{"BIT(12)", []string{"5", "4095"}},
	{"ENUM('a', 'b')", []string{"'b'"}},
	{"SET('a', 'b')", []string{"'a,b'"}},
	{"JSON", []string{`'{"a": [1, null]}'`}},
	{"POINT", []string{"ST_GeomFromText('POINT(1 2)')"}},
}

// What servers send of all types is read as the same values from both protocols, and goes back byte by byte, in either.
func TestRealTypes(t *testing.T) {
	server := shared.T(t).Servers[0]
	c := mysqltest.Dial(t, mysqltest.ClientConfig{Addr: net.JoinHostPort(server.Host, strconv.Itoa(server.Port)), Database: "app"})
	must := func(sql string) []mysqltest.Result {
		t.Helper()
		results, err := c.Query(sql)
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return results
	}
	must("SET sql_mode = 'ALLOW_INVALID_DATES'")
	must("SET NAMES utf8mb4")
	for _, typ := range types {
		must("CREATE TEMPORARY TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v " + typ.definition + ")")
		for _, v := range typ.values {
			must("INSERT INTO t (v) VALUES (" + v + ")")
		}
		must("INSERT INTO t (v) VALUES (NULL)")
		const sql = "SELECT v FROM t ORDER BY id"
		text := must(sql)[0]
		st, err := c.Prepare(sql)
		if err != nil {
			t.Fatal(err)
		}
		binary, err := st.Execute()
		if err != nil {
			t.Fatal(err)
		}
		if len(text.Rows) < 2 || len(text.Rows) != len(binary[0].Rows) {
			t.Fatalf("%s: %d and %d rows", typ.definition, len(text.Rows), len(binary[0].Rows))
		}
		columns := []hook.Column{ColumnOf(&text.Columns[0])}
		for j := range text.Rows {
			checkReal(t, typ.definition, columns, text.Rows[j], binary[0].Rows[j])
		}
		must("DROP TEMPORARY TABLE t")
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func checkReal(t *testing.T, name string, columns []hook.Column, text, binary []byte) {
	t.Helper()
	var r Reader
	var a, b hook.Batch
	a.Reset(1)
	b.Reset(1)
	if err := r.Text(&a, columns, text); err != nil {
		t.Fatalf("%s: %q: %v", name, text, err)
	}
	if err := r.Binary(&b, columns, binary); err != nil {
		t.Fatalf("%s: %x: %v", name, binary, err)
	}
	va, vb := a.Row(0)[0], b.Row(0)[0]
	if va.Kind != vb.Kind {
		t.Errorf("%s: kinds %d and %d", name, va.Kind, vb.Kind)
	}
	if va.Kind == hook.KindFloat && va.Float() != vb.Float() && !strings.Contains(name, ",") && !strings.Contains(name, "FLOAT") {
		t.Errorf("%s: %v and %v", name, va.Float(), vb.Float())
	}
	if got, err := AppendText(nil, columns, a.Row(0)); err != nil || !bytes.Equal(got, text) {
		t.Errorf("%s: text %.60q became %.60q, %v", name, text, got, err)
	}
	if got, err := AppendBinary(nil, columns, b.Row(0)); err != nil || !bytes.Equal(got, binary) {
		t.Errorf("%s: binary %.60x became %.60x, %v", name, binary, got, err)
	}
	exact := protocol.ColumnType(columns[0].Type) != protocol.TypeFloat
	if got, err := AppendText(nil, columns, b.Row(0)); exact && (err != nil || !bytes.Equal(got, text)) {
		t.Errorf("%s: binary %.60x is %.60q as text, %v; the server says %.60q", name, binary, got, err, text)
	}
	if got, err := AppendBinary(nil, columns, a.Row(0)); exact && (err != nil || !bytes.Equal(got, binary)) {
		t.Errorf("%s: text %.60q is %.60x in binary, %v; the server says %.60x", name, text, got, err, binary)
	}
}
