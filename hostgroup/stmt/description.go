package stmt

import (
	"bytes"

	"parkway/protocol"
)

// MaxDescription is the length up to which a server's answer to COM_STMT_PREPARE is recorded.
const MaxDescription = 64 << 10

// Recorder keeps a copy of a server's answer to COM_STMT_PREPARE while it passes. The zero value is ready; it may be used for one
// answer after the other.
type Recorder struct{ answer []byte }

// Start begins the next answer.
func (r *Recorder) Start() { r.answer = r.answer[:0] }

// Add takes more of the answer. What goes beyond MaxDescription is left out.
func (r *Recorder) Add(p []byte) {
	r.answer = append(r.answer, p[:min(len(p), MaxDescription-len(r.answer))]...)
}

// Describe notes what a server with these capabilities answered to the statement's COM_STMT_PREPARE, which must have succeeded.
// It is to be called for every such answer: tables change, and the last description counts. The exception are sessions with
// temporary tables, whose statements may mean something else than those of others.
//
// The definitions are kept if rec holds all of them and the registry has room. The error is a *protocol.MalformedError.
func (r *Registry) Describe(s *Statement, rec *Recorder, caps protocol.Capability) error {
	p := packets{rest: rec.answer}
	payload, ok := p.next()
	if !ok {
		return &protocol.MalformedError{Message: "answer to COM_STMT_PREPARE", Reason: "it has no first packet"}
	}
	var head protocol.PrepareOK
	if err := head.Decode(payload, caps); err != nil {
		return err
	}
	s.known = true
	s.params, s.columns, s.warnings = int(head.Params), int(head.Columns), int(head.Warnings)
	ofParams := p.definitions(s.params, caps)
	ofColumns := p.definitions(s.columns, caps)
	switch {
	case p.short || head.NoMetadata:
		r.setDefinitions(s, nil)
	case s.definitions == nil || !halves(s.definitions, ofParams, ofColumns):
		r.setDefinitions(s, append(append(make([]byte, 0, len(ofParams)+len(ofColumns)), ofParams...), ofColumns...))
		r.trim()
	}
	return nil
}

// halves reports whether b is first and then second.
func halves(b, first, second []byte) bool {
	return len(b) == len(first)+len(second) && bytes.HasPrefix(b, first) && bytes.HasSuffix(b, second)
}

// Answerable reports whether a COM_STMT_PREPARE of the statement can be answered without a server. One with warnings can't: they
// could be asked for next.
func (s *Statement) Answerable() bool { return s.known && s.definitions != nil && s.warnings == 0 }

// AppendAnswer appends the packets that answer a client's COM_STMT_PREPARE: id is the client's id of the statement, seq the
// number of the answer's first packet, status the session's, caps those of the client, which are of the statement's class. It
// must be Answerable.
func (s *Statement) AppendAnswer(dst []byte, id uint32, seq byte, status protocol.StatusFlags, caps protocol.Capability) []byte {
	head := protocol.PrepareOK{StatementID: id, Columns: uint16(s.columns), Params: uint16(s.params)}
	dst, start := protocol.BeginPacket(dst)
	dst = protocol.EndPacket(head.Append(dst, caps), start, seq)
	p := packets{rest: s.definitions}
	for _, count := range [...]int{s.params, s.columns} {
		for range count {
			payload, _ := p.next()
			seq++
			dst = protocol.AppendPacket(dst, payload, seq)
		}
		if count > 0 && !caps.Has(protocol.ClientDeprecateEOF) {
			seq++
			dst, start = protocol.BeginPacket(dst)
			dst = protocol.EndPacket(protocol.AppendEndOfRows(dst, status, 0, caps), start, seq)
		}
	}
	return dst
}

// PatchPrepared exchanges the statement id in a server's answer to COM_STMT_PREPARE, which begins with answer's first byte, for
// the client's. It returns the server's; ok is false, and nothing changed, if the answer is an error.
func PatchPrepared(answer []byte, id uint32) (serverID uint32, ok bool) {
	if len(answer) < idEnd || answer[protocol.HeaderLen] != 0 {
		return 0, false
	}
	return exchangeID(answer, id), true
}

// packets walks over packets of less than protocol.MaxPayload bytes.
type packets struct {
	rest  []byte
	short bool // a packet was missing
}

// next is the payload of the next packet.
func (p *packets) next() (payload []byte, ok bool) {
	if len(p.rest) >= protocol.HeaderLen {
		length, _ := protocol.Header(p.rest)
		if end := protocol.HeaderLen + length; length < protocol.MaxPayload && end <= len(p.rest) {
			payload, p.rest = p.rest[protocol.HeaderLen:end], p.rest[end:]
			return payload, true
		}
	}
	p.rest, p.short = nil, true
	return nil, false
}

// definitions passes over count definitions and the EOF packet behind them, and returns the former, headers included.
func (p *packets) definitions(count int, caps protocol.Capability) []byte {
	from := p.rest
	for range count {
		if _, ok := p.next(); !ok {
			return nil
		}
	}
	of := from[:len(from)-len(p.rest)]
	if count > 0 && !caps.Has(protocol.ClientDeprecateEOF) {
		p.next()
	}
	return of
}
