package session

import (
	"encoding/binary"
	"strconv"

	"parkway/hostgroup/stmt"
	"parkway/protocol"
	"parkway/protocol/digest"
)

// KILL as a prepared statement is the proxy's own: no server knows it. Its ids
// have the highest bit, which those of servers, that count from 1, never reach.
const (
	killStatement    = 1 << 31
	maxKillsPrepared = 100 // of one client
)

// preparedKill is a KILL that a client has prepared.
type preparedKill struct {
	digest.Kill
	kind protocol.ColumnType // of the parameter, as the client said last
}

// prepareKill is COM_STMT_PREPARE of a KILL.
func (s *Session) prepareKill(k digest.Kill, p []byte) int {
	if len(s.mine.kills) == maxKillsPrepared {
		s.refusal = protocol.NewERR(protocol.ErrCodeTooManyStatements, "parkway: Can't create more than %d prepared statements of KILL", maxKillsPrepared)
		return s.refuse(p, true)
	}
	if s.mine.kills == nil {
		s.mine.kills = make(map[uint32]*preparedKill)
	}
	id := uint32(killStatement)
	for s.mine.kills[id] != nil {
		id++
	}
	s.mine.kills[id] = &preparedKill{Kill: k}
	s.mine.killPrepared = id
	head := protocol.PrepareOK{StatementID: id}
	if k.Param {
		head.Params = 1
	}
	seq := s.message.NextSeq()
	s.write(seq, func(b []byte) []byte { return head.Append(b, s.caps) })
	if k.Param {
		param := protocol.ColumnDefinition{Name: "?", Charset: binaryCharset, Type: protocol.TypeNull, Flags: binaryFlag}
		s.write(seq+1, func(b []byte) []byte { return param.Append(b, s.caps) })
		if !s.caps.Has(protocol.ClientDeprecateEOF) {
			end := protocol.EOF{Status: protocol.StatusAutocommit}
			s.write(seq+2, func(b []byte) []byte { return end.Append(b) })
		}
	}
	s.settle()
	return len(p)
}

// What servers say of a parameter.
const (
	binaryCharset = 63
	binaryFlag    = 0x80
)

// unlessKill wraps a command about a prepared statement: next has it unless the
// statement is a KILL.
func unlessKill(next action) action {
	return func(s *Session, p []byte, whole bool) int {
		id, ok := stmt.ReadID(p)
		if !ok || id < killStatement {
			return next(s, p, whole)
		}
		if id == stmt.LastID {
			id = s.mine.killPrepared
		}
		k := s.mine.kills[id]
		if k == nil {
			return next(s, p, whole)
		}
		return s.onPreparedKill(id, k, p, whole)
	}
}

// onPreparedKill is a command about a KILL that was prepared.
func (s *Session) onPreparedKill(id uint32, k *preparedKill, p []byte, whole bool) int {
	switch s.command {
	case protocol.ComStmtClose:
		delete(s.mine.kills, id)
		s.settle()
		return len(p)
	case protocol.ComStmtReset:
		s.writeOK(s.message.NextSeq())
		s.settle()
		return len(p)
	}
	target := k.Kill
	ok := whole
	if ok && k.Param {
		target.ID, ok = k.read(p[protocol.HeaderLen:], s.caps)
	}
	if !ok {
		s.refusal = protocol.NewERR(protocol.ErrCodeMalformedPacket, "parkway: Malformed communication packet: the parameter of a KILL is no number")
		return s.refuse(p, whole)
	}
	return s.kill(target, p)
}

// read finds the parameter in a COM_STMT_EXECUTE.
func (k *preparedKill) read(body []byte, caps protocol.Capability) (id uint64, ok bool) {
	var head protocol.Execute
	if head.Decode(body) != nil {
		return 0, false
	}
	rest := body[protocol.ExecuteLen:]
	named := caps.Has(protocol.ClientQueryAttributes) && head.Flags&protocol.ParameterCountAvailable != 0
	if named {
		count, n, ok := protocol.ReadLenencInt(rest)
		if !ok || count != 1 {
			return 0, false
		}
		rest = rest[n:]
	}
	if len(rest) < 2 || rest[0] != 0 {
		return 0, false // or it is NULL
	}
	types := rest[1] == 1
	rest = rest[2:]
	if types {
		if len(rest) < 2 {
			return 0, false
		}
		k.kind, rest = protocol.ColumnType(rest[0]), rest[2:]
		if named {
			_, n, ok := protocol.ReadLenencBytes(rest)
			if !ok {
				return 0, false
			}
			rest = rest[n:]
		}
	}
	return k.value(rest)
}

// value reads the parameter itself.
func (k *preparedKill) value(p []byte) (id uint64, ok bool) {
	sizes := map[protocol.ColumnType]int{
		protocol.TypeTiny: 1, protocol.TypeShort: 2, protocol.TypeLong: 4, protocol.TypeInt24: 4, protocol.TypeLongLong: 8,
	}
	if size := sizes[k.kind]; size > 0 {
		if len(p) < size {
			return 0, false
		}
		var wide [8]byte
		copy(wide[:], p[:size])
		return binary.LittleEndian.Uint64(wide[:]), true
	}
	switch k.kind {
	case protocol.TypeVarString, protocol.TypeString, protocol.TypeVarchar, protocol.TypeBlob, protocol.TypeNewDecimal:
		text, _, ok := protocol.ReadLenencBytes(p)
		if !ok {
			return 0, false
		}
		id, err := strconv.ParseUint(string(text), 10, 64)
		return id, err == nil
	}
	return 0, false
}
