package protocol

import "encoding/binary"

// HoldSize is the size, header included, up to which a packet that isn't whole yet is left to the caller to keep; a larger one is
// passed on in parts.
const HoldSize = 32 << 10

// prefixSize is how much of a payload must be there before a part of it is passed on. The longest thing to be read is an OK
// packet up to its status flags: 21 bytes.
const prefixSize = 32

// Progress is how far an answer has come.
type Progress uint8

const (
	More    Progress = iota // the answer goes on
	Done                    // it ended
	Infile                  // the server wants the client's file: forward it, then call InfileSent
	Notable                 // an OK packet that says more than its status is next: see WatchOK
)

// ResponseReader finds the end of a server's answer to any command, from packet headers and as few payload bytes as possible, at
// any split of the byte stream. It never allocates but for an error. The zero value is at the end of an answer; Start begins
// the next. It belongs to one connection: Status outlives the single answer.
//
// This file is the framing; which packets make up an answer is in answer.go.
type ResponseReader struct {
	phase     phase
	after     phase // what follows the column definitions that are being read
	seq       byte  // of the next packet
	cmd       Command
	caps      Capability
	deprecate bool // caps have ClientDeprecateEOF
	open      bool // a packet of MaxPayload bytes was the last: the next one continues it and its first byte means nothing
	started   bool
	failed    bool
	code      uint16
	readOnly  bool // see ReadOnly
	status    StatusFlags
	unsaid    bool // see Unsaid
	watching  bool
	every     bool   // see WatchEveryOK
	rows      bool   // a result set came
	results   int    // that are complete and were no ERR packet
	warnings  uint16 // of the last OK or EOF packet
	warned    bool   // see Warned
	insertID  uint64 // of the last OK packet that had one
	found     uint64 // rows of the last result set
	affected  int64  // of the last result: see Affected
	matched   uint64 // see Matched
	skip      int    // bytes of the current packet that are still to come
	columns   int    // column definitions still to come
	prepared  PrepareOK
}

// Start begins the answer to cmd on a connection with these capabilities. seq is the sequence number of the answer's first
// packet: one more than that of the command's last. An answer that is still unfinished is forgotten. COM_CHANGE_USER, whose
// answer is a dialogue, can't be followed, nor can the endless answers of the binlog commands.
func (r *ResponseReader) Start(cmd Command, caps Capability, seq byte) {
	r.phase = cmd.firstPhase()
	r.seq = seq
	r.cmd = cmd
	r.caps = caps
	r.deprecate = caps&ClientDeprecateEOF != 0
	r.open, r.started, r.failed, r.readOnly, r.every = false, false, false, false, false
	r.unsaid, r.warned = false, false
	r.code, r.rows, r.results, r.warnings, r.insertID = 0, false, 0, 0, 0
	r.found, r.affected, r.matched = 0, 0, 0
	r.status &= StatusLasting
	r.skip, r.columns = 0, 0
	if cmd == ComStmtPrepare {
		r.prepared = PrepareOK{}
	}
}

// Expect changes the sequence number of the answer's first packet, because the command went on after Start. Without effect once
// Started.
func (r *ResponseReader) Expect(seq byte) {
	if !r.started {
		r.seq = seq
	}
}

// Feed takes bytes from the server, p[0] being the first one not consumed yet, and returns how many of them belong to the answer
// and may be forwarded as they are: whole packets, and parts of packets larger than HoldSize. Bytes behind the answer's end are
// never consumed; after the end, and while the client's file is awaited, nothing is.
//
// err is a *MalformedError: bytes that are no answer to this command, or a packet out of order. What came before the bad packet
// is in n. The connection is unusable then and Feed must not be called again.
func (r *ResponseReader) Feed(p []byte) (n int, prog Progress, err error) {
	if r.skip > 0 {
		n = min(r.skip, len(p))
		r.skip -= n
	}
	for r.skip == 0 {
		if !r.open {
			switch r.phase {
			case phaseEnd:
				return n, Done, nil
			case phaseFile:
				return n, Infile, nil
			case phaseColumns, phaseRows:
				n = r.run(p, n)
			}
		}
		rest := p[n:]
		if len(rest) < HeaderLen {
			break
		}
		length, seq := Header(rest)
		size := HeaderLen + length
		if seq != r.seq {
			if len(rest) < size && size <= HoldSize {
				break // it may be an ERR packet that says why
			}
			return n, More, r.outOfOrder(rest, length, seq)
		}
		if r.watching && !r.open && r.notable(rest[HeaderLen:min(size, len(rest))], length) {
			if len(rest) < size {
				break
			}
			return n, Notable, nil
		}
		if len(rest) < size {
			if size <= HoldSize || len(rest) < HeaderLen+prefixSize {
				break
			}
			size = len(rest)
		}
		if !r.open {
			if err := r.packet(rest[HeaderLen:size], length); err != nil {
				return n, More, err
			}
		}
		r.open = length == MaxPayload
		r.skip = HeaderLen + length - size
		r.seq++
		r.started = true
		n += size
	}
	return n, More, nil
}

// run passes over the packets that need no look but at their headers and first bytes: column definitions while more than one
// is due, and rows. It stops before any packet that is not whole, out of order, or something else.
func (r *ResponseReader) run(p []byte, n int) int {
	seq, columns := r.seq, r.columns
	counted := r.phase == phaseColumns
	from, passed := n, uint64(0)
	for len(p)-n > HeaderLen {
		head := binary.LittleEndian.Uint32(p[n:])
		length := int(head & MaxPayload)
		end := n + HeaderLen + length
		if byte(head>>24) != seq || end > len(p) || p[n+HeaderLen] >= headerEOF || length == 0 || length == MaxPayload {
			break
		}
		if counted {
			if columns == 1 {
				break
			}
			columns--
		}
		seq++
		passed++
		n = end
	}
	if n > from {
		if !counted {
			r.found += passed
		}
		r.seq, r.columns, r.started = seq, columns, true
	}
	return n
}

// InfileSent continues the answer after the client's file was forwarded; seq is the sequence number of the server's next packet.
func (r *ResponseReader) InfileSent(seq byte) {
	if r.phase == phaseFile {
		r.phase, r.seq = phaseResult, seq
	}
}

// SetStatus tells the reader the server status that an OK packet outside its answers carried: that of the login.
func (r *ResponseReader) SetStatus(s StatusFlags) { r.status = s &^ StatusMoreResults }

// Status is the server status of the last OK or EOF packet, without StatusMoreResults. What it says of the connection (in
// a transaction, autocommit, ...) is kept over an answer without a status, such as an ERR: it is the last that is known. What it
// says of an answer (a cursor, changed session state, ...) is forgotten by Start.
func (r *ResponseReader) Status() StatusFlags { return r.status &^ StatusMoreResults }

// Unsaid reports whether an EOF packet of the answer, which has no room for more, has said that the session's state
// changed, and no OK packet behind it what.
func (r *ResponseReader) Unsaid() bool { return r.unsaid }

// Failed reports whether the answer, of several results the last one, ended with an ERR packet, and its code.
func (r *ResponseReader) Failed() (code uint16, failed bool) { return r.code, r.failed }

// ReadOnly reports whether the answer ended with the server's refusal to write, because it is read-only.
func (r *ResponseReader) ReadOnly() bool { return r.readOnly }

// Rows reports whether the answer had a result set.
func (r *ResponseReader) Rows() bool { return r.rows }

// Results is how many results of the answer are complete, an ERR packet not counted: that of a text of several statements has one for each, but for
// those that run others, as CALL does.
func (r *ResponseReader) Results() int { return r.results }

// Found is the number of rows of the answer's last result set.
func (r *ResponseReader) Found() uint64 { return r.found }

// Affected is the number of rows that the answer's last result says were affected; -1 if it was a result set or an ERR packet. It is what
// ROW_COUNT() returns then.
func (r *ResponseReader) Affected() int64 { return r.affected }

// Matched is the first number in the text of the last OK packet that had one: the rows that an UPDATE matched, whether or not it changed
// them, or those that an INSERT ... SELECT selected. The text's language depends on lc_messages.
func (r *ResponseReader) Matched() uint64 { return r.matched }

// Warnings is the number of warnings of the answer's last result.
func (r *ResponseReader) Warnings() uint16 { return r.warnings }

// Warned reports whether any of the answer's results had warnings.
func (r *ResponseReader) Warned() bool { return r.warned }

// InsertID is the last insert id that the answer told, 0 if none.
func (r *ResponseReader) InsertID() uint64 { return r.insertID }

// Prepared is what the last COM_STMT_PREPARE brought; the zero value if it failed.
func (r *ResponseReader) Prepared() PrepareOK { return r.prepared }

// Started reports whether anything was consumed since Start.
func (r *ResponseReader) Started() bool { return r.started }

// Partial reports whether the last byte consumed lies within a packet, or between packets that belong together: no packet may be
// inserted here.
func (r *ResponseReader) Partial() bool { return r.skip > 0 || r.open }

// NextSeq is the sequence number of the next packet: for an ERR that is inserted in place of the rest of the answer.
func (r *ResponseReader) NextSeq() byte { return r.seq }

// outOfOrder makes the error of a packet with a wrong sequence number; rest begins with its header.
func (r *ResponseReader) outOfOrder(rest []byte, length int, seq byte) error {
	e := &MalformedError{Message: "answer to " + r.cmd.String(), Cause: &SequenceError{Got: seq, Want: r.seq}}
	if size := HeaderLen + length; !r.open && size <= HoldSize {
		var said ERR
		if said.Decode(rest[HeaderLen:size]) == nil {
			e.Server = &said
		}
	}
	return e
}
