package backend

import (
	"strconv"

	"parkway/protocol"
)

// A session that will leave the connection behind the command under way, as behind the end of its transaction, and must know by then what
// LAST_INSERT_ID() returns, asks in front of that command and in the same write: a question of its own behind it (AskPast) would cost a
// round trip, in which nobody else has the connection.

// ahead is the question in front of the command under way, and its answer.
type ahead struct {
	due    bool // not answered yet
	unsent bool
	answer protocol.ResponseReader
	buf    []byte // what is sent; then the answer, as far as it came

	told     bool // insertID is what the server said
	insertID uint64
}

// maxAhead bounds the answer: one row of one number.
const maxAhead = 4 << 10

// AskAhead asks what LAST_INSERT_ID() returns in front of the command that Begin has just announced: the first Send takes the question along.
// The answer is not for the owner, who calls TakeInsertID when that of the command is complete. FOUND_ROWS() is 1 then, if the command does
// not set it.
func (b *Conn) AskAhead() {
	if b.ahead == nil {
		b.ahead = new(ahead)
	}
	a := b.ahead
	a.due, a.unsent, a.told = true, true, false
	a.answer.Start(protocol.ComQuery, b.caps, 1)
}

// TakeInsertID returns what the server said to AskAhead, once; ok is false if it was not asked, or refused.
func (b *Conn) TakeInsertID() (id uint64, ok bool) {
	if b.ahead == nil || !b.ahead.told {
		return 0, false
	}
	b.ahead.told = false
	return b.ahead.insertID, true
}

// sendBehind sends the question, and p behind it.
func (b *Conn) sendBehind(p []byte) {
	a := b.ahead
	a.unsent = false
	buf, start := protocol.BeginPacket(a.buf[:0])
	buf = append(protocol.AppendQueryHead(buf, b.caps), "SELECT LAST_INSERT_ID()"...)
	buf = protocol.EndPacket(buf, start, 0)
	buf = append(buf, p...)
	b.conn.Write(buf)
	a.buf = buf[:0]
}

// onAhead takes the next bytes of the answer to the question. The rest is of the command's.
func (b *Conn) onAhead(p []byte) int {
	a := b.ahead
	n, progress, err := a.answer.Feed(p)
	if err == nil && (progress == protocol.Infile || len(a.buf)+n > maxAhead) {
		err = errUnsolicited
	}
	if err != nil {
		b.fail(err)
		return len(p)
	}
	a.buf = append(a.buf, p[:n]...)
	if progress == protocol.Done {
		a.due = false
		if a.insertID, a.told = readNumber(a.buf); a.told {
			b.have.InsertID = a.insertID
		}
		a.buf = a.buf[:0]
	}
	return n
}

// readNumber reads the row of a result set that has one, of one number. stream is whole packets.
func readNumber(stream []byte) (v uint64, ok bool) {
	for len(stream) >= protocol.HeaderLen {
		length, _ := protocol.Header(stream)
		p := stream[protocol.HeaderLen : protocol.HeaderLen+length]
		stream = stream[protocol.HeaderLen+length:]
		// The count of columns and their definitions are no string that ends with the packet.
		if text, n, whole := protocol.ReadLenencBytes(p); whole && n == len(p) {
			if v, err := strconv.ParseUint(string(text), 10, 64); err == nil {
				return v, true
			}
		}
	}
	return 0, false
}
