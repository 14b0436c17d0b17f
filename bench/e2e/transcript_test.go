package e2e

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// transcript is what a client saw, a line for each thing.
type transcript struct{ lines []string }

func (r *transcript) addf(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

// compare fails the test at the first line in which got, the proxy's, differs.
func (r *transcript) compare(t testing.TB, got *transcript) {
	t.Helper()
	for i := range max(len(r.lines), len(got.lines)) {
		want, have := "(nothing)", "(nothing)"
		if i < len(r.lines) {
			want = r.lines[i]
		}
		if i < len(got.lines) {
			have = got.lines[i]
		}
		if want != have {
			t.Errorf("line %d\ndirect: %s\nproxy:  %s\nbefore it: %s", i, want, have,
				strings.Join(r.lines[max(0, i-3):min(i, len(r.lines))], "\n           "))
			return
		}
	}
}

// statementID is a statement's id in an error. A MariaDB that uses a thread
// again goes on counting.
var statementID = regexp.MustCompile(`(handler|statement) \(\d+\)`)

// failed writes an error down, with all that a client can see of it, and
// reports whether there was one.
func (r *transcript) failed(what string, err error) bool {
	var said *mysql.MySQLError
	var raw *protocol.ERR
	switch {
	case err == nil:
		return false
	case errors.As(err, &said):
		r.addf("%s: error %d (%s): %s", what, said.Number, said.SQLState[:], said.Message)
	case errors.As(err, &raw):
		r.addf("%s: error %d (%s): %s", what, raw.Code, raw.State, statementID.ReplaceAllString(raw.Message, "$1 (id)"))
	default:
		r.addf("%s: %v", what, err)
	}
	return true
}

// result writes down what a statement without rows did.
func (r *transcript) result(what string, result sql.Result, err error) {
	if r.failed(what, err) {
		return
	}
	affected, affectedErr := result.RowsAffected()
	id, idErr := result.LastInsertId()
	r.addf("%s: affected %d %v, last insert id %d %v", what, affected, affectedErr, id, idErr)
	if all, ok := result.(mysql.Result); ok {
		r.addf("%s: all affected %v, all ids %v", what, all.AllRowsAffected(), all.AllLastInsertIds())
	}
}

// rows writes down all result sets and closes them.
func (r *transcript) rows(what string, rows *sql.Rows, err error) {
	if r.failed(what, err) {
		return
	}
	defer rows.Close()
	for more := true; more; more = rows.NextResultSet() {
		r.resultSet(what, rows)
	}
	r.failed(what, rows.Err())
}

func (r *transcript) resultSet(what string, rows *sql.Rows) {
	types, err := rows.ColumnTypes()
	if r.failed(what+": columns", err) {
		return
	}
	for _, c := range types {
		nullable, nullableKnown := c.Nullable()
		length, lengthKnown := c.Length()
		precision, scale, decimalKnown := c.DecimalSize()
		r.addf("%s: column %s %s nullable %t %t length %d %t decimal %d %d %t scan %v", what, c.Name(), c.DatabaseTypeName(),
			nullable, nullableKnown, length, lengthKnown, precision, scale, decimalKnown, c.ScanType())
	}
	values, targets := make([]any, len(types)), make([]any, len(types))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if r.failed(what+": scan", rows.Scan(targets...)) {
			return
		}
		for i, v := range values {
			r.addf("%s: %s = %s", what, types[i].Name(), show(v))
		}
	}
}

// answer writes down what a raw client read.
func (r *transcript) answer(what string, results []mysqltest.Result, err error) {
	for i, s := range results {
		r.addf("%s: result %d: %d columns, affected %d, id %d, warnings %d, status %#x, info %q", what, i, len(s.Columns),
			s.OK.AffectedRows, s.OK.InsertID, s.OK.Warnings, uint16(s.OK.Status), s.OK.Info)
		for _, c := range s.Columns {
			r.addf("%s: column %+v", what, c)
		}
		for _, row := range s.Rows {
			r.addf("%s: row %s", what, show(row))
		}
	}
	r.failed(what, err)
}

// longest is the length up to which a value is written down as it is.
const longest = 200

// show writes a value with its Go type; of a long one, length and hash.
func show(v any) string {
	switch v := v.(type) {
	case []byte:
		if len(v) > longest {
			return fmt.Sprintf("%d bytes, SHA-256 %x", len(v), sha256.Sum256(v))
		}
		return fmt.Sprintf("bytes %q", v)
	case time.Time:
		return "time " + v.Format(time.RFC3339Nano)
	default:
		return fmt.Sprintf("%T %v", v, v)
	}
}
