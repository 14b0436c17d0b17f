package play

import (
	"bytes"
	"encoding/binary"
	"slices"

	"parkway/bench/torture/script"
	"parkway/protocol"
)

// statement is a prepared statement of a session.
type statement struct {
	id       uint32
	params   int
	types    []byte       // that the server was told with the last execution; nil: none yet
	longData map[int]bool // parameters of which the server has data
	cursor   bool         // it was executed with a cursor
}

// textTypes are the types of parameters that are sent as text.
var textTypes = []protocol.ColumnType{protocol.TypeVarString, protocol.TypeBlob}

// noStatement is the id sent for a slot that has no statement, plus the slot:
// no server gets that far.
const noStatement = 0x7fffff00

// slot is the statement in a slot, or one that does not exist.
func (s *session) slot(slot int) *statement {
	if st := s.slots[slot]; st != nil {
		return st
	}
	return &statement{id: noStatement + uint32(slot), longData: map[int]bool{}}
}

func (s *session) prepare(r *record, step script.Step) error {
	delete(s.slots, step.Slot)
	st, err := s.client.Prepare(step.Text)
	if err != nil {
		return err
	}
	r.addf("prepared: %d parameters, %d columns, warnings %d", st.Params, st.Columns, st.Warnings)
	r.columns("parameter", st.ParamDefinitions)
	r.columns("column", st.ColumnDefinitions)
	s.ids = append(s.ids, st.StatementID)
	s.slots[step.Slot] = &statement{id: st.StatementID, params: int(st.Params), longData: map[int]bool{}}
	return nil
}

func (s *session) execute(r *record, step script.Step) error {
	st := s.slot(step.Slot)
	step.Cursor = step.Cursor || st.cursor && s.cursorSticks
	st.cursor = step.Cursor
	payload, err := st.executePayload(step)
	if err != nil {
		return err
	}
	results, err := s.client.Command(protocol.ComStmtExecute, payload[1:]...)
	clear(st.longData)
	r.unselected = s.unselected
	r.results(results, err, binaryRow)
	return err
}

// executePayload is COM_STMT_EXECUTE as client libraries send it: the types of
// the parameters go only with the first execution and when they change, and
// parameters that the server has data of are left out. A script that was shrunk
// may have the wrong number of parameters: NULL stands for those missing.
func (st *statement) executePayload(step script.Step) ([]byte, error) {
	head := protocol.Execute{StatementID: st.id, Iterations: 1}
	if step.Cursor {
		head.Flags = protocol.CursorReadOnly
	}
	payload := head.Append(nil)
	if st.params == 0 {
		return payload, nil
	}
	nulls := make([]byte, (st.params+7)/8)
	var types, values []byte
	for i := range st.params {
		p := script.Param{Type: protocol.TypeVarString, Null: true}
		if i < len(step.Params) {
			var err error
			if p, err = script.ParseParam(step.Params[i]); err != nil {
				return nil, err
			}
		}
		switch {
		case st.longData[i] && p.Type == protocol.TypeVarString:
			p = script.Param{Type: p.Type}
		case st.longData[i]:
			p = script.Param{Type: protocol.TypeBlob}
		case p.Null:
			nulls[i/8] |= 1 << (i % 8)
		default:
			values = append(values, p.Value...)
		}
		kind := p.TypeBytes()
		types = append(types, kind[:]...)
	}
	payload = append(payload, nulls...)
	if bytes.Equal(types, st.types) {
		payload = append(payload, 0)
	} else {
		payload = append(append(payload, 1), types...)
		st.types = types
	}
	return append(payload, values...), nil
}

func (s *session) fetch(r *record, step script.Step) error {
	st := s.slot(step.Slot)
	results, err := s.client.Command(protocol.ComStmtFetch, binary.LittleEndian.AppendUint32(st.idBytes(), uint32(step.Number))...)
	r.results(results, err, binaryRow)
	return err
}

// longData has no answer. A parameter that the statement does not have is
// replaced by one that it has: servers remember the mistake in different ways.
// One that was a number before is left alone: MariaDB 10.11 takes the data's
// address for the number.
func (s *session) longData(r *record, step script.Step) error {
	st := s.slot(step.Slot)
	if st.params == 0 {
		r.addf("not sent: no parameters")
		return nil
	}
	param := step.Number % st.params
	if st.types != nil && !slices.Contains(textTypes, protocol.ColumnType(st.types[2*param])) {
		r.addf("not sent: the parameter is a number")
		return nil
	}
	st.longData[param] = true
	message := binary.LittleEndian.AppendUint16(st.idBytes(), uint16(param))
	return s.client.WriteCommand(protocol.ComStmtSendLongData, append(message, step.Text...)...)
}

func (s *session) resetStatement(r *record, step script.Step) error {
	st := s.slot(step.Slot)
	clear(st.longData)
	return s.command(r, protocol.ComStmtReset, st.idBytes()...)
}

// closeStatement has no answer. The slot keeps the id, so that a later use of
// it must fail.
func (s *session) closeStatement(_ *record, step script.Step) error {
	return s.client.WriteCommand(protocol.ComStmtClose, s.slot(step.Slot).idBytes()...)
}

func (st *statement) idBytes() []byte { return binary.LittleEndian.AppendUint32(nil, st.id) }
