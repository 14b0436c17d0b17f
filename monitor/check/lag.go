package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"parkway/protocol"
)

// Lag is how far a server is behind its primary, or of several the one that it
// is most behind.
type Lag struct {
	Replica bool          // false: it has no primary, and nothing else says anything
	Behind  time.Duration // whole seconds
	Unknown bool          // replication does not run: Behind says nothing
	Why     string        // of Unknown: what the server says about it
	Orphan  bool          // of Unknown: it would run, but for a primary that can't be reached
}

// statusStatements are the ways to ask, the one that shows most first: MariaDB's
// other statements leave out the channels that have a name.
var statusStatements = [...]string{"SHOW ALL SLAVES STATUS", "SHOW REPLICA STATUS", "SHOW SLAVE STATUS"}

// lag asks for the state of replication.
func (t *Target) lag(c *conn, r *Result) error {
	t.mu.Lock()
	known := t.status
	t.mu.Unlock()
	for tried := 0; ; tried++ {
		i := (known + tried) % len(statusStatements)
		answer, err := c.query(statusStatements[i])
		if Code(err) == protocol.ErrCodeParse && tried+1 < len(statusStatements) {
			continue
		}
		t.mu.Lock()
		t.status = i
		t.mu.Unlock()
		if err == nil {
			r.Lag, err = lagOf(answer)
		}
		return err
	}
}

// The columns of interest, by their names in MySQL before and since 8.0.22, and
// in MariaDB.
var (
	behindColumns  = []string{"Seconds_Behind_Master", "Seconds_Behind_Source"}
	ioColumns      = []string{"Slave_IO_Running", "Replica_IO_Running"}
	applierColumns = []string{"Slave_SQL_Running", "Replica_SQL_Running"}
	channelColumns = []string{"Connection_name", "Channel_Name"}
	errorColumns   = []string{"Last_IO_Error", "Last_SQL_Error"}
)

// lagOf reads the answer to one of statusStatements: a row for each primary.
func lagOf(t *table) (l Lag, err error) {
	behind := t.column(behindColumns)
	if behind < 0 {
		return l, fmt.Errorf("replication status: no column %s", strings.Join(behindColumns, " or "))
	}
	for _, row := range t.Rows {
		l.Replica = true
		if row[behind] == nil {
			orphan := strings.EqualFold(t.value(row, ioColumns), "Connecting") && strings.EqualFold(t.value(row, applierColumns), "Yes")
			if l.Orphan = orphan && (l.Orphan || !l.Unknown); !l.Unknown {
				l.Unknown, l.Why = true, t.trouble(row)
			}
			continue
		}
		seconds, err := strconv.ParseInt(*row[behind], 10, 32)
		if err != nil {
			return l, fmt.Errorf("replication status: %s: %w", t.Columns[behind], err)
		}
		l.Behind = max(l.Behind, time.Duration(seconds)*time.Second)
	}
	return l, nil
}

// trouble is what a row says about a replication that does not run.
func (t *table) trouble(row []*string) string {
	var said []string
	if channel := t.value(row, channelColumns); channel != "" {
		said = append(said, fmt.Sprintf("channel %q", channel))
	}
	for _, names := range [][]string{ioColumns, applierColumns} {
		if i := t.column(names); i >= 0 && row[i] != nil {
			said = append(said, t.Columns[i]+": "+*row[i])
		}
	}
	for _, name := range errorColumns {
		if text := t.value(row, []string{name}); text != "" {
			said = append(said, text)
		}
	}
	return strings.Join(said, ", ")
}

// column is the index of the first column with one of the names, -1 if there is
// none.
func (t *table) column(names []string) int {
	return slices.IndexFunc(t.Columns, func(c string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(c, n) })
	})
}

// value is what a row has in the first column with one of the names.
func (t *table) value(row []*string, names []string) string {
	if i := t.column(names); i >= 0 && row[i] != nil {
		return *row[i]
	}
	return ""
}
