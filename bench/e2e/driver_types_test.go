package e2e

import (
	"database/sql"
	"math"
	"strings"
	"testing"

	"parkway/bench/proxy"
)

// modes are the two protocols that go-sql-driver/mysql speaks.
var modes = []struct{ name, params string }{
	{"text", "interpolateParams=true&"},
	{"prepared", ""},
}

// forModes runs the same script in both protocols.
func forModes(t *testing.T, params string, script func(t *testing.T, c *sql.Conn, seen *transcript)) {
	t.Helper()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			same(t, func(t *testing.T, s side, seen *transcript) {
				script(t, s.session(t, mode.params+params), seen)
			})
		})
	}
}

// columns are one of each type, with values to store beside NULL.
var columns = []struct {
	name, definition string
	values           []any
}{
	{"c_bool", "BOOLEAN", []any{true, false}},
	{"c_tiny", "TINYINT", []any{math.MinInt8, math.MaxInt8}},
	{"c_utiny", "TINYINT UNSIGNED", []any{math.MaxUint8}},
	{"c_small", "SMALLINT", []any{math.MinInt16}},
	{"c_usmall", "SMALLINT UNSIGNED", []any{math.MaxUint16}},
	{"c_medium", "MEDIUMINT", []any{-1 << 23}},
	{"c_int", "INT", []any{math.MinInt32, 0}},
	{"c_uint", "INT UNSIGNED", []any{math.MaxUint32}},
	{"c_big", "BIGINT", []any{math.MinInt64, math.MaxInt64}},
	{"c_ubig", "BIGINT UNSIGNED", []any{uint64(math.MaxUint64)}},
	{"c_float", "FLOAT", []any{float32(1.5), float32(-0.1)}},
	{"c_double", "DOUBLE", []any{math.MaxFloat64, 1e-300}},
	{"c_decimal", "DECIMAL(40,20)", []any{"12345678901234567890.12345678901234567890", "-0.00000000000000000001"}},
	{"c_bit", "BIT(17)", []any{[]byte{1, 255, 255}, []byte{0}}},
	{"c_bit1", "BIT(1)", []any{[]byte{1}}},
	{"c_date", "DATE", []any{"2024-02-29", "0000-00-00", "9999-12-31"}},
	{"c_time", "TIME", []any{"-838:59:59", "00:00:00"}},
	{"c_time6", "TIME(6)", []any{"12:34:56.789012"}},
	{"c_datetime", "DATETIME", []any{"0000-00-00 00:00:00", "1000-01-01 00:00:00"}},
	{"c_datetime6", "DATETIME(6)", []any{"2024-12-31 23:59:59.999999", "2024-01-01 00:00:00"}},
	{"c_timestamp", "TIMESTAMP(3) NULL", []any{"2024-06-01 12:00:00.123"}},
	{"c_year", "YEAR", []any{1901, 2155, 0}},
	{"c_char", "CHAR(10)", []any{"", "trailing  "}},
	{"c_varchar", "VARCHAR(100) CHARACTER SET utf8mb4", []any{"", "naïve – 日本語 🚗", "quote ' \" \\ \x00 \x1a \n"}},
	{"c_latin1", "VARCHAR(100) CHARACTER SET latin1", []any{"äöü"}},
	{"c_binary", "BINARY(4)", []any{[]byte{}, []byte{0, 1}}},
	{"c_varbinary", "VARBINARY(300)", []any{[]byte{}, []byte(strings.Repeat("\x00\xff'", 100))}},
	{"c_tinyblob", "TINYBLOB", []any{[]byte{0xfb, 0xfc, 0xfd, 0xfe, 0xff}}},
	{"c_blob", "BLOB", []any{[]byte(strings.Repeat("b", 65535))}},
	{"c_mediumblob", "MEDIUMBLOB", []any{[]byte(strings.Repeat("m", 70000))}},
	{"c_longblob", "LONGBLOB", []any{[]byte{}}},
	{"c_text", "TEXT", []any{"", strings.Repeat("t", 251)}},
	{"c_longtext", "LONGTEXT", []any{strings.Repeat("日", 30000)}},
	{"c_enum", "ENUM('a','b','')", []any{"b", ""}},
	{"c_set", "SET('x','y','z')", []any{"x,z", ""}},
	{"c_json", "JSON", []any{`{"a": [1, 2.5, null, "é"]}`}},
	{"c_point", "POINT", nil},
}

func TestDriverTypes(t *testing.T) {
	for _, dates := range []string{"parseTime=false", "parseTime=true"} {
		t.Run(dates, func(t *testing.T) {
			forModes(t, dates+"&sql_mode=%27%27&charset=utf8mb4", checkTypes)
		})
	}
}

func checkTypes(t *testing.T, c *sql.Conn, seen *transcript) {
	ctx := proxy.Limited(t, patience)
	var definitions []string
	for _, column := range columns {
		definitions = append(definitions, column.name+" "+column.definition)
	}
	exec := func(what, query string, args ...any) {
		result, err := c.ExecContext(ctx, query, args...)
		seen.result(what, result, err)
	}
	exec("drop", "DROP TABLE IF EXISTS every_type")
	exec("create", "CREATE TABLE every_type (id INT AUTO_INCREMENT PRIMARY KEY, "+strings.Join(definitions, ", ")+")")
	exec("only NULL", "INSERT INTO every_type () VALUES ()")
	exec("point", "INSERT INTO every_type (c_point) VALUES (POINT(?, ?))", 1.5, -2)
	for _, column := range columns {
		for _, v := range append(column.values, nil) {
			exec(column.name, "INSERT INTO every_type ("+column.name+") VALUES (?)", v)
		}
	}
	rows, err := c.QueryContext(ctx, "SELECT * FROM every_type WHERE id >= ? ORDER BY id", 1)
	seen.rows("all", rows, err)
	rows, err = c.QueryContext(ctx, "SELECT ?, ?, ?, ?", nil, int64(-5), "text", []byte("bytes"))
	seen.rows("parameters", rows, err)
}
