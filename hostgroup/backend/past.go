package backend

import (
	"encoding/hex"
	"strconv"

	"parkway/protocol"
)

// What a server remembers of the statement before is lost to a session that goes on with another connection. AskPast learns it in time,
// where the answer to the statement did not say it, and Past makes another connection remember the same.

// Past is what a session's last statement left behind, for a statement that asks. The diagnostics are those of a statement without any, unless
// the connection is to keep them.
type Past struct {
	Keep  bool   // the connection's diagnostics, if the server can (MariaDB)
	Asked bool   // the statement under way asks about the one before, which was not the last on the connection
	Found uint64 // what FOUND_ROWS() returns
	Quiet bool   // it had no rows and affected none, and FOUND_ROWS() is not asked for
	Fresh bool   // there was none: a fresh connection serves as it is
	Clean bool   // it left no diagnostics, and they are asked for
	// Refused is the error that it left on the connection as the only diagnostics, if they are asked for: what brings the connection to another state
	// clears them. nil: none.
	Refused *protocol.ERR
}

// appendSignal writes a statement that fails with an error.
func appendSignal(dst []byte, e *protocol.ERR) []byte {
	dst = append(append(dst, "SIGNAL SQLSTATE '"...), e.State...)
	dst = strconv.AppendUint(append(dst, "' SET MYSQL_ERRNO="...), uint64(e.Code), 10)
	dst = append(dst, ",MESSAGE_TEXT=X'"...)
	dst = hex.AppendEncode(dst, []byte(e.Message))
	return append(dst, '\'')
}

// ten is a table of ten rows.
const ten = "(SELECT 0 UNION ALL SELECT 0 UNION ALL SELECT 0 UNION ALL SELECT 0 UNION ALL SELECT 0" +
	" UNION ALL SELECT 0 UNION ALL SELECT 0 UNION ALL SELECT 0 UNION ALL SELECT 0 UNION ALL SELECT 0)"

const (
	// maxStandIn is the number of rows that a statement which stands in returns; from there on it only counts them, which MySQL warns of.
	maxStandIn = 100
	// maxFound is the number of rows that a statement which stands in counts at most: more of them cost the server too much.
	maxFound = 1_000_000
)

// appendStandIn writes a statement that leaves behind what another one did. It reads a table, or else MariaDB keeps the diagnostics.
func appendStandIn(dst []byte, p Past) []byte {
	switch {
	case p.Quiet && p.Keep:
		return append(dst, "DO 0"...)
	case p.Quiet:
		return append(dst, "DO (SELECT 0 FROM (SELECT 0) t)"...)
	}
	if p.Keep && p.Found == 0 {
		return append(dst, "SELECT 0 LIMIT 0"...)
	}
	if p.Keep && p.Found <= maxStandIn {
		dst = append(dst, "SELECT 0"...)
		for range p.Found - 1 {
			dst = append(dst, " UNION ALL SELECT 0"...)
		}
		return dst
	}
	found := min(p.Found, maxFound)
	counts := found > maxStandIn
	dst = append(dst, "SELECT "...)
	if counts {
		dst = append(dst, "SQL_CALC_FOUND_ROWS 0 FROM (SELECT "...)
	}
	dst = append(dst, "0 FROM "...)
	dst = append(append(dst, ten...), " t1"...)
	for i, rows := 2, uint64(10); rows < found; i, rows = i+1, rows*10 {
		dst = append(append(dst, ", "...), ten...)
		dst = strconv.AppendInt(append(dst, " t"...), int64(i), 10)
	}
	dst = strconv.AppendUint(append(dst, " LIMIT "...), found, 10)
	if counts {
		dst = append(dst, ") t LIMIT 1"...)
	}
	return dst
}

// quietSet leaves no diagnostics, and FOUND_ROWS() as it is.
const quietSet = "SET @@SESSION.time_zone=@@SESSION.time_zone"

// AskPast is Ask for what FOUND_ROWS() and LAST_INSERT_ID() return, by a session that is about to leave the connection: then gets them, or
// OnSyncFailed follows. report, if not nil, gets each OK packet that says more than its status. The connection remembers nothing else of the
// statement before. The queries run behind that.
func (b *Conn) AskPast(report func(*protocol.OK), then func(found, insertID uint64), queries ...Query) {
	b.beginOwn(syncTimeout)
	b.runReported("SELECT FOUND_ROWS(), LAST_INSERT_ID()", report, func(packets [][]byte, refused *protocol.ERR) {
		var found, insertID uint64
		if refused == nil {
			found, insertID, refused = readPast(packets)
		}
		if refused != nil {
			b.ownDone(refused)
			return
		}
		b.have.InsertID = insertID
		b.have.Diagnostics = b.have.Diagnostics || b.answer.Warnings() > 0 // MySQL's that the function is deprecated
		then(found, insertID)
	})
	b.queue(queries)
	b.nextOwn()
}

// readPast reads the one row of the answer to AskPast.
func readPast(packets [][]byte) (found, insertID uint64, refused *protocol.ERR) {
	for row := range rows(packets) {
		if len(row) != 2 {
			break
		}
		var err [2]error
		found, err[0] = strconv.ParseUint(string(row[0]), 10, 64)
		insertID, err[1] = strconv.ParseUint(string(row[1]), 10, 64)
		if err == [2]error{} {
			return found, insertID, nil
		}
	}
	return 0, 0, protocol.NewERR(protocol.ErrCodeNetRead, "parkway: no answer to FOUND_ROWS() and LAST_INSERT_ID()")
}
