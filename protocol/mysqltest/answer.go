package mysqltest

import (
	"bufio"
	"net"
	"strings"
	"time"

	"parkway/protocol"
)

// Answer is what a Handler writes. It numbers the packets and speaks the EOF dialect of the client; it does not check that the
// packets make sense together. A Handler may write several results: MoreResults before each but the last.
type Answer struct {
	// Status goes into the OK and EOF packets that follow; it begins as autocommit.
	Status protocol.StatusFlags

	conn  *serverConn
	out   *bufio.Writer
	limit int // bytes that may still be written; -1 = any number
	dead  bool
}

// Reply is the handler of a server that has none: a SELECT gets a row of a column, COM_STMT_PREPARE a statement without
// parameters and columns, everything else OK.
func Reply(cmd protocol.Command, payload []byte, w *Answer) {
	switch {
	case !cmd.HasAnswer():
	case cmd == protocol.ComStatistics:
		w.Packet([]byte("Uptime: 1"))
	case cmd == protocol.ComStmtPrepare:
		w.Packet((&protocol.PrepareOK{StatementID: 1}).Append(nil, w.Capabilities()))
	case cmd == protocol.ComQuery && strings.HasPrefix(strings.ToUpper(string(payload[1:])), "SELECT"):
		w.Rows([]string{"1"}, []string{"1"})
	default:
		w.OK()
	}
}

// Rows gives a handler that answers with rows of text.
func Rows(columns []string, rows ...[]string) Handler {
	return func(_ protocol.Command, _ []byte, w *Answer) { w.Rows(columns, rows...) }
}

// Fail gives a handler that answers with an error.
func Fail(code uint16, message string) Handler {
	return func(_ protocol.Command, _ []byte, w *Answer) { w.Error(code, message) }
}

// Capabilities are those in force on the connection.
func (w *Answer) Capabilities() protocol.Capability { return w.conn.caps }

// ConnectionID is the connection's number.
func (w *Answer) ConnectionID() uint32 { return w.conn.id }

// Login is what the client said when it logged in.
func (w *Answer) Login() protocol.HandshakeResponse { return w.conn.response }

// Packet writes payload as a packet, or several.
func (w *Answer) Packet(payload []byte) {
	w.Raw(protocol.AppendPacket(nil, payload, w.conn.seq))
	w.conn.seq += byte(len(payload)/protocol.MaxPayload + 1)
}

// Raw writes bytes as they are.
func (w *Answer) Raw(b []byte) {
	if w.dead {
		return
	}
	if w.limit >= 0 {
		b = b[:min(len(b), w.limit)]
		w.limit -= len(b)
	}
	if _, err := w.out.Write(b); err != nil {
		w.dead = true
	}
	if w.limit == 0 {
		w.Die()
	}
}

// SetSeq changes the sequence number of the next packet.
func (w *Answer) SetSeq(seq byte) { w.conn.seq = seq }

// MoreResults announces, in the OK or EOF packet that comes next, that another result follows.
func (w *Answer) MoreResults() { w.Status |= protocol.StatusMoreResults }

// OK writes an OK packet.
func (w *Answer) OK() { w.OKPacket(protocol.OK{Status: w.Status}) }

// OKPacket writes an OK packet of the caller's making.
func (w *Answer) OKPacket(p protocol.OK) {
	w.Packet(p.Append(nil, w.Capabilities()))
	w.Status &^= protocol.StatusMoreResults
}

// Error writes an ERR packet.
func (w *Answer) Error(code uint16, message string) {
	w.Packet(protocol.NewERR(code, "%s", message).Append(nil))
}

// Columns writes the beginning of a text result: count, definitions, and what separates them from the rows.
func (w *Answer) Columns(names ...string) {
	w.Packet(protocol.AppendLenencInt(nil, uint64(len(names))))
	for _, name := range names {
		d := protocol.ColumnDefinition{Name: name, OrgName: name, Charset: 45, Length: 1024, Type: protocol.TypeVarString}
		w.Packet(d.Append(nil, w.Capabilities()))
	}
	if !w.Capabilities().Has(protocol.ClientDeprecateEOF) {
		w.Packet(protocol.AppendEndOfRows(nil, w.Status, 0, w.Capabilities()))
	}
}

// Row writes a row of text.
func (w *Answer) Row(values ...string) {
	row := make([][]byte, len(values))
	for i, v := range values {
		row[i] = append([]byte{}, v...)
	}
	w.Packet(protocol.AppendTextRow(nil, row...))
}

// End writes the end of rows.
func (w *Answer) End() {
	w.Packet(protocol.AppendEndOfRows(nil, w.Status, 0, w.Capabilities()))
	w.Status &^= protocol.StatusMoreResults
}

// Rows writes a whole text result.
func (w *Answer) Rows(columns []string, rows ...[]string) {
	w.Columns(columns...)
	for _, row := range rows {
		w.Row(row...)
	}
	w.End()
}

// Stream writes a result of one column with rows of rowSize bytes each, until about total bytes are written or the client is
// gone. It waits as long as the client doesn't read.
func (w *Answer) Stream(total int64, rowSize int) {
	w.Columns("c")
	row := strings.Repeat("x", rowSize)
	for sent := int64(0); sent < total && !w.dead; sent += int64(rowSize) {
		w.Row(row)
	}
	w.End()
}

// Infile asks for a file and reads it; ok is false if the client broke off.
func (w *Answer) Infile(name string) (file []byte, ok bool) {
	w.Packet(append([]byte{0xfb}, name...))
	w.flush()
	for {
		part, err := w.conn.read()
		if err != nil {
			w.dead = true
			return file, false
		}
		if len(part) == 0 {
			return file, true
		}
		file = append(file, part...)
	}
}

// Delay sends what was written so far and waits.
func (w *Answer) Delay(d time.Duration) {
	w.flush()
	if !w.conn.pause(d) {
		w.dead = true
	}
}

// Wait sends what was written so far and waits for the channel to be closed.
func (w *Answer) Wait(until <-chan struct{}) {
	w.flush()
	select {
	case <-until:
	case <-w.conn.server.done:
		w.dead = true
	}
}

// Stall sends what was written so far and then neither reads nor writes until the server is closed.
func (w *Answer) Stall() { w.Wait(nil) }

// DieAfter makes the connection break after n further bytes.
func (w *Answer) DieAfter(n int) {
	w.limit = n
	if n == 0 {
		w.Die()
	}
}

// Die sends what was written so far and closes the connection.
func (w *Answer) Die() {
	w.flush()
	w.dead = true
	w.conn.conn.Close()
}

// Reset closes the connection with a TCP reset; what was written may be lost.
func (w *Answer) Reset() {
	w.flush()
	if tcp, ok := w.conn.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	w.Die()
}

func (w *Answer) flush() {
	if !w.dead && w.out.Flush() != nil {
		w.dead = true
	}
}
