package session

import (
	"encoding/binary"

	"parkway/protocol"
	"parkway/protocol/row"
	"parkway/scripting/hook"
)

// COM_STMT_PREPARE of an observed statement. Its answer tells the columns that executions will have, and clients go by that: so the script is asked
// here too, and what it says of the columns holds. Nothing else does: there are no rows, and a prepared statement is answered when it is executed.

// showPrepared shows the answer to a COM_STMT_PREPARE, which is complete, to the script.
func (s *Session) showPrepared(o *observation) {
	columns, ok := preparedColumns(o.raw, s.caps)
	if !ok || len(columns) == 0 {
		o.due = restPassed
		s.passKept(o)
		return
	}
	s.showHead(o, &hook.Result{Columns: columns})
}

// preparedColumns are those of an answer to COM_STMT_PREPARE; ok is false if it is an error.
func preparedColumns(answer []byte, caps protocol.Capability) (columns []hook.Column, ok bool) {
	p := packets{rest: answer}
	var head protocol.PrepareOK
	first, ok := p.next()
	if !ok || head.Decode(first, caps) != nil || head.NoMetadata {
		return nil, false
	}
	p.skipDefinitions(int(head.Params), caps)
	for range head.Columns {
		definition, ok := p.next()
		var d protocol.ColumnDefinition
		if !ok || d.Decode(definition, caps) != nil {
			return nil, false
		}
		columns = append(columns, row.ColumnOf(&d))
	}
	return columns, true
}

// skipDefinitions passes over definitions and the EOF packet behind them.
func (p *packets) skipDefinitions(count int, caps protocol.Capability) {
	for range count {
		p.next()
	}
	if count > 0 && !caps.Has(protocol.ClientDeprecateEOF) {
		p.next()
	}
}

// prepareShown writes the answer with the columns that the script has said.
func (s *Session) prepareShown(o *observation, v *hook.ResultVerdict) {
	if v.Stream != nil {
		v.Stream.Abort()
	}
	o.due = restPassed
	if len(v.Columns) == 0 { // unchanged; or none, which the execution will say
		s.passKept(o)
		return
	}
	var head protocol.PrepareOK
	all := packets{rest: o.raw}
	first, _ := all.next()
	_ = head.Decode(first, s.caps) // preparedColumns has
	behind := all
	behind.skipDefinitions(int(head.Params), s.caps)
	binary.LittleEndian.PutUint16(first[columnsAt:], uint16(len(v.Columns)))
	w := s.writer(o)
	w.payload(first)
	for len(all.rest) > len(behind.rest) {
		p, _ := all.next()
		w.payload(p)
	}
	next := func() []byte {
		p, _ := behind.next()
		return p
	}
	came := 0
	for i := range v.Columns {
		came = w.definition(&v.Columns[i], o.head.Columns, came, next)
	}
	for ; came < len(o.head.Columns); came++ {
		next()
	}
	if eof, ok := behind.next(); ok {
		w.payload(eof)
	}
	o.wrote(&w)
	o.raw = o.raw[:0]
}

// columnsAt is where the number of columns stands in the head of an answer to COM_STMT_PREPARE.
const columnsAt = 5
