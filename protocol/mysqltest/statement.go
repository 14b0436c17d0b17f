package mysqltest

import (
	"encoding/binary"

	"parkway/protocol"
)

// Statement is a prepared statement of a Client.
type Statement struct {
	protocol.PrepareOK
	ParamDefinitions  []protocol.ColumnDefinition
	ColumnDefinitions []protocol.ColumnDefinition

	c *Client
}

// Prepare prepares a statement.
func (c *Client) Prepare(sql string) (*Statement, error) {
	if err := c.WriteCommand(protocol.ComStmtPrepare, []byte(sql)...); err != nil {
		return nil, err
	}
	p, err := c.readProgress()
	if err != nil {
		return nil, err
	}
	s := &Statement{c: c}
	if err := s.PrepareOK.Decode(p, c.Capabilities); err != nil {
		return nil, err
	}
	if s.ParamDefinitions, err = s.readDefinitions(int(s.Params)); err != nil {
		return nil, err
	}
	s.ColumnDefinitions, err = s.readDefinitions(int(s.Columns))
	return s, err
}

// readDefinitions reads definitions, if they are sent, and the EOF packet that follows them even if they are not.
func (s *Statement) readDefinitions(count int) (list []protocol.ColumnDefinition, err error) {
	c := s.c
	if !s.NoMetadata {
		list, err = c.readDefinitions(count)
	}
	if err != nil || count == 0 || c.Capabilities.Has(protocol.ClientDeprecateEOF) {
		return list, err
	}
	p, err := c.readProgress()
	if err != nil {
		return list, err
	}
	var r Result
	return list, c.end(&r, p)
}

// Execute executes the statement with text parameters, nil for NULL, and their types.
func (s *Statement) Execute(params ...[]byte) ([]Result, error) { return s.ExecuteFlags(0, params...) }

// ExecuteFlags is Execute with flags, such as protocol.CursorReadOnly.
func (s *Statement) ExecuteFlags(flags byte, params ...[]byte) ([]Result, error) {
	return s.c.Command(protocol.ComStmtExecute, s.ExecutePayload(flags, params...)[1:]...)
}

// ExecutePayload is the COM_STMT_EXECUTE that ExecuteFlags sends, command byte included.
func (s *Statement) ExecutePayload(flags byte, params ...[]byte) []byte {
	head := protocol.Execute{StatementID: s.StatementID, Flags: flags, Iterations: 1}
	p := head.Append(nil)
	if len(params) == 0 {
		return p
	}
	nulls := make([]byte, (len(params)+7)/8)
	for i, v := range params {
		if v == nil {
			nulls[i/8] |= 1 << (i % 8)
		}
	}
	p = append(append(p, nulls...), 1)
	for range params {
		p = append(p, byte(protocol.TypeVarString), 0)
	}
	for _, v := range params {
		if v != nil {
			p = protocol.AppendLenencBytes(p, v)
		}
	}
	return p
}

// Fetch fetches rows from the statement's cursor.
func (s *Statement) Fetch(rows uint32) (Result, error) {
	results, err := s.c.Command(protocol.ComStmtFetch, binary.LittleEndian.AppendUint32(s.id(), rows)...)
	return results[0], err
}

// SendLongData sends a part of a parameter.
func (s *Statement) SendLongData(param uint16, data []byte) error {
	return s.c.WriteCommand(protocol.ComStmtSendLongData, append(binary.LittleEndian.AppendUint16(s.id(), param), data...)...)
}

// Reset resets the statement.
func (s *Statement) Reset() error {
	_, err := s.c.Command(protocol.ComStmtReset, s.id()...)
	return err
}

// Close closes the statement, which has no answer.
func (s *Statement) Close() error { return s.c.WriteCommand(protocol.ComStmtClose, s.id()...) }

func (s *Statement) id() []byte { return binary.LittleEndian.AppendUint32(nil, s.StatementID) }
