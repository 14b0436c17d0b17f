package protocol

import (
	"bytes"
	"encoding/binary"
)

// The grammar of answers. Each command's answer begins with a phase; a phase says what the next packet is.
//
//	result   = OK | ERR | infile-request file result | count [columns] rows; followed by a result if the status says so
//	columns  = count definitions, and an EOF packet unless ClientDeprecateEOF
//	rows     = any number of rows, then the end: EOF or OK; none if a cursor was opened
//	prepare  = ERR | head [columns of the parameters] [columns of the result]
//	fields   = any number of definitions, then the end
//
// An ERR packet ends the answer in every phase. MariaDB's progress reports may stand before any packet.

// phase says what the next packet of an answer is.
type phase uint8

const (
	phaseEnd        phase = iota // nothing more belongs to the answer
	phaseResult                  // OK, ERR, request for a file, or column count
	phaseStatus                  // OK, EOF or ERR
	phaseText                    // the string of COM_STATISTICS
	phasePrepare                 // head of a COM_STMT_PREPARE answer
	phaseColumns                 // column definitions, as many as counted
	phaseColumnsEnd              // the EOF packet behind them
	phaseRows                    // rows, or their end; for COM_FIELD_LIST definitions, or their end
	phaseFile                    // the client's file is due
)

// maxColumns bounds a column count. Servers stop at 4096; a prepared statement's counts have 16 bits.
const maxColumns = 1<<16 - 1

// progressCode in an ERR packet marks MariaDB's progress reports.
const progressCode = 0xffff

// packet moves on by one packet that doesn't continue another. body is its payload or, if that is long, at least prefixSize bytes
// of it; length is the payload's whole length.
func (r *ResponseReader) packet(body []byte, length int) error {
	if len(body) == 0 && r.phase != phaseText {
		return r.malformed("an empty packet")
	}
	if len(body) > 0 && body[0] == headerERR {
		return r.errorPacket(body)
	}
	switch r.phase {
	case phaseResult:
		return r.resultHead(body, length)
	case phaseStatus:
		if body[0] != headerOK && !r.isEnd(body, length) {
			return r.malformed("first byte 0x%02x instead of an OK, EOF or ERR packet", body[0])
		}
		r.phase = phaseEnd
		return r.readStatus(body)
	case phaseText:
		r.phase = phaseEnd
	case phasePrepare:
		return r.prepareHead(body, length)
	case phaseColumns:
		if body[0] == headerEOF {
			return r.malformed("%d column definitions are missing", r.columns)
		}
		if r.columns--; r.columns == 0 {
			r.endColumns()
		}
	case phaseColumnsEnd:
		return r.columnsEnd(body, length)
	case phaseRows:
		return r.row(body, length)
	}
	return nil
}

// columnsEnd reads the EOF packet behind column definitions.
func (r *ResponseReader) columnsEnd(body []byte, length int) error {
	if !r.isEnd(body, length) {
		return r.malformed("first byte 0x%02x instead of an EOF packet behind the column definitions", body[0])
	}
	if err := r.readStatus(body); err != nil {
		return err
	}
	r.leaveColumns()
	// COM_STMT_EXECUTE that opened a cursor: the rows wait for COM_STMT_FETCH.
	if r.phase == phaseRows && r.status&StatusCursorExists != 0 && r.cmd == ComStmtExecute {
		r.endResult()
	}
	return nil
}

// row reads a row or the end of the rows.
func (r *ResponseReader) row(body []byte, length int) error {
	if !r.isEnd(body, length) {
		r.found++
		return nil
	}
	head := r.status
	if err := r.readStatus(body); err != nil {
		return err
	}
	r.affected = -1
	// MySQL's EOF packet behind the rows with a procedure's OUT parameters does not say that an OK packet follows; the one
	// behind their definitions does.
	if !r.deprecate && head&StatusPSOutParams != 0 {
		r.status |= head & (StatusPSOutParams | StatusMoreResults)
	}
	r.endResult()
	return nil
}

// resultHead reads the first packet of a result.
func (r *ResponseReader) resultHead(body []byte, length int) error {
	switch {
	case body[0] == headerOK, r.isEnd(body, length):
		if err := r.readStatus(body); err != nil {
			return err
		}
		r.endResult()
		return nil
	case body[0] == lenencNull: // here the header of a request for a file
		r.phase = phaseFile
		return nil
	}
	// A byte behind the count says whether definitions are sent, if that is negotiated.
	flagged := r.caps&(ClientOptionalResultsetMetadata|MariaDBCacheMetadata) != 0
	count, n, ok := ReadLenencInt(body)
	if !ok || count == 0 || count > maxColumns || length > n+1 || length > n && !flagged {
		return r.malformed("%d bytes that begin with 0x%02x are no column count", length, body[0])
	}
	r.rows, r.found = true, 0
	r.beginColumns(int(count), length == n || body[n] != 0, phaseRows)
	return nil
}

// prepareHead reads the first packet of the answer to COM_STMT_PREPARE.
func (r *ResponseReader) prepareHead(body []byte, length int) error {
	if length > prefixSize || r.prepared.Decode(body, r.caps) != nil {
		return r.malformed("%d bytes are no head of a prepared statement", length)
	}
	r.beginColumns(int(r.prepared.Params), !r.prepared.NoMetadata, phasePrepare)
	return nil
}

// beginColumns goes on to count column definitions and then to next. Where they are not sent, the EOF packet behind them is.
func (r *ResponseReader) beginColumns(count int, sent bool, next phase) {
	r.phase, r.columns, r.after = phaseColumns, count, next
	switch {
	case count == 0:
		r.leaveColumns()
	case !sent:
		r.endColumns()
	}
}

// endColumns goes on behind the last column definition.
func (r *ResponseReader) endColumns() {
	if r.deprecate {
		r.leaveColumns()
	} else {
		r.phase = phaseColumnsEnd
	}
}

// leaveColumns goes on behind column definitions and their EOF packet. phasePrepare stands for the definitions of a prepared
// statement's result, which follow those of its parameters.
func (r *ResponseReader) leaveColumns() {
	r.phase = r.after
	if r.phase == phasePrepare {
		r.beginColumns(int(r.prepared.Columns), !r.prepared.NoMetadata, phaseEnd)
	}
}

// endResult ends the answer or goes on to the next of several results.
func (r *ResponseReader) endResult() {
	r.results++
	r.phase = phaseEnd
	if r.status&StatusMoreResults != 0 && r.cmd.firstPhase() == phaseResult {
		r.phase = phaseResult
	}
}

// isEnd reports whether a packet is one that ends rows: an EOF packet, or an OK packet in its place. A row begins with the same
// byte if its first column has 16 MiB or more; it then fills its packet.
func (r *ResponseReader) isEnd(body []byte, length int) bool {
	return body[0] == headerEOF && (length < maxEOF || r.deprecate && length < MaxPayload)
}

// warn notes the number of warnings in an OK or EOF packet.
func (r *ResponseReader) warn(n uint16) { r.warnings, r.warned = n, r.warned || n > 0 }

// readStatus takes the status from an OK or EOF packet. Which of the two a packet with an EOF packet's header is depends on its
// length: servers send EOF packets in a few places even under ClientDeprecateEOF.
func (r *ResponseReader) readStatus(body []byte) error {
	if body[0] == headerEOF && len(body) == 5 {
		r.warn(binary.LittleEndian.Uint16(body[1:]))
		r.status = StatusFlags(binary.LittleEndian.Uint16(body[3:]))
		r.unsaid = r.unsaid || r.status&StatusSessionStateChanged != 0
		return nil
	}
	at := 1
	var counts [2]uint64 // affected rows, insert id
	for i := range counts {
		v, n, ok := ReadLenencInt(body[at:])
		if !ok {
			return r.malformed("an OK or EOF packet without a status")
		}
		counts[i] = v
		at += n
	}
	r.affected = int64(counts[0])
	if insertID := counts[1]; insertID != 0 {
		r.insertID = insertID
	}
	if len(body) >= at+fixedEnd {
		r.warn(binary.LittleEndian.Uint16(body[at+2:]))
	}
	if len(body) < at+2 {
		return r.malformed("an OK or EOF packet without a status")
	}
	if len(body) > at+fixedEnd {
		text, _, _ := ReadLenencBytes(body[at+fixedEnd:])
		r.matched = firstNumber(text)
	}
	r.status = StatusFlags(binary.LittleEndian.Uint16(body[at:]))
	r.unsaid = r.unsaid && r.status&StatusSessionStateChanged == 0
	return nil
}

// firstNumber is the first number in a text of ASCII digits; 0 without one.
func firstNumber(text []byte) (n uint64) {
	for i, c := range text {
		if c < '0' || c > '9' {
			if i > 0 && text[i-1] >= '0' && text[i-1] <= '9' {
				break
			}
			continue
		}
		n = 10*n + uint64(c-'0')
	}
	return n
}

// errorPacket ends the answer, unless the packet is one of MariaDB's progress reports.
func (r *ResponseReader) errorPacket(body []byte) error {
	if len(body) < 3 {
		return r.malformed("an ERR packet of %d bytes", len(body))
	}
	code := binary.LittleEndian.Uint16(body[1:])
	if code == progressCode {
		return nil
	}
	r.phase, r.code, r.failed, r.affected = phaseEnd, code, true, -1
	r.readOnly = saysReadOnly(code, body[3:])
	return nil
}

// saysReadOnly reports whether a server refuses a statement because it is read-only. One code is for all options that forbid something: the
// text names the option in every language.
func saysReadOnly(code uint16, text []byte) bool {
	switch code {
	case ErrCodeServerIsReadOnly:
		return true
	case ErrCodeOptionPrevents:
		return bytes.Contains(text, []byte("read-only")) || bytes.Contains(text, []byte("read_only"))
	}
	return false
}

func (r *ResponseReader) malformed(reason string, args ...any) error {
	return malformed("answer to "+r.cmd.String(), reason, args...)
}
