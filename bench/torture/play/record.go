package play

import (
	"fmt"
	"slices"
	"strings"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// reliable are the status flags that are the same whenever the same statements
// run. Left out: which indexes the optimizer found, how long it took, what is
// known better from the trackers (SESSION_STATE_CHANGED), and whether a
// prepared statement was prepared again (METADATA_CHANGED).
var reliable = []struct {
	flag protocol.StatusFlags
	name string
}{
	{protocol.StatusInTrans, "IN_TRANS"},
	{protocol.StatusInTransReadonly, "IN_TRANS_READONLY"},
	{protocol.StatusAutocommit, "AUTOCOMMIT"},
	{protocol.StatusMoreResults, "MORE_RESULTS"},
	{protocol.StatusCursorExists, "CURSOR_EXISTS"},
	{protocol.StatusLastRowSent, "LAST_ROW_SENT"},
	{protocol.StatusDBDropped, "DB_DROPPED"},
	{protocol.StatusNoBackslashEscapes, "NO_BACKSLASH_ESCAPES"},
	{protocol.StatusPSOutParams, "PS_OUT_PARAMS"},
	{protocol.StatusANSIQuotes, "ANSI_QUOTES"},
}

// statusText names the flags that are compared.
func statusText(s protocol.StatusFlags) string {
	var names []string
	for _, f := range reliable {
		if s&f.flag != 0 {
			names = append(names, f.name)
		}
	}
	return "[" + strings.Join(names, " ") + "]"
}

// record writes an answer down.
type record struct {
	lines Answer
	// unselected: what is answered may report a schema that was not changed. MariaDB does so with an execution of what was prepared without a
	// schema, which a proxy may have prepared in one: no command leaves it.
	unselected bool
}

func (r *record) addf(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

// results writes down what an answer had before err, which ended it.
func (r *record) results(results []mysqltest.Result, err error, row func([]byte) string) {
	for i, result := range results {
		r.columns("column", result.Columns)
		for _, p := range result.Rows {
			r.addf("row %s", row(p))
		}
		if err == nil || i < len(results)-1 {
			r.ok(result.OK)
		}
	}
}

func (r *record) columns(what string, list []protocol.ColumnDefinition) {
	for _, c := range list {
		r.addf("%s %q of %q.%q, was %q of %q: type %d, charset %d, length %d, decimals %d, flags %#x", what,
			c.Name, c.Schema, c.Table, c.OrgName, c.OrgTable, c.Type, c.Charset, c.Length, c.Decimals, c.Flags)
	}
}

// ok writes down what ended a result.
func (r *record) ok(p protocol.OK) {
	r.addf("ok: affected %d, id %d, warnings %d, status %s, info %q",
		p.AffectedRows, p.InsertID, p.Warnings, statusText(p.Status), p.Info)
	var changes []string
	it := protocol.NewStateChanges(p.StateChanges)
	for it.Next() {
		c := it.Change()
		// The state of a transaction that ended with an error is reported with the next OK packet of any statement (MySQL), which may be
		// one that the proxy has sent.
		if c.Type != protocol.TrackGTIDs && c.Type != protocol.TrackTransactionState && !(r.unselected && c.Type == protocol.TrackSchema) {
			changes = append(changes, fmt.Sprintf("changed: %d %q %q", c.Type, c.Name, c.Value))
		}
	}
	if err := it.Err(); err != nil {
		changes = append(changes, "changed: "+err.Error())
	}
	// The server's order is that of a hash table.
	slices.Sort(changes)
	r.lines = append(r.lines, changes...)
}

// textRow shows a row of the text protocol.
func textRow(p []byte) string {
	values, err := protocol.ReadTextRow(nil, p)
	if err != nil {
		return err.Error()
	}
	shown := make([]string, len(values))
	for i, v := range values {
		if shown[i] = "NULL"; v != nil {
			shown[i] = fmt.Sprintf("%q", v)
		}
	}
	return strings.Join(shown, ", ")
}

// binaryRow shows a row of the binary protocol, which only its columns explain.
func binaryRow(p []byte) string { return fmt.Sprintf("%q", p) }
