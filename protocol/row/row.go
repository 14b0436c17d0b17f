// Package row turns rows of results, and parameters of executions, into the values that scripts see (hook.Value), and back, in the text and in the
// binary protocol. A value that was not changed goes back byte by byte as it came.
package row

import (
	"fmt"

	"parkway/protocol"
	"parkway/scripting/hook"
)

// Reader reads rows into batches. It belongs to one thread; what it keeps is a buffer.
type Reader struct {
	text []byte // of the date or time that is being read
}

// Error says which value of a row cannot be read, or not be sent in its column.
type Error struct {
	Column int
	Name   string
	Reason string
}

func (e *Error) Error() string {
	return fmt.Sprintf("column %d, %s: %s", e.Column+1, e.Name, e.Reason)
}

// ColumnOf describes a column as scripts see it.
func ColumnOf(d *protocol.ColumnDefinition) hook.Column {
	return hook.Column{
		Schema: d.Schema, Table: d.Table, OrgTable: d.OrgTable, Name: d.Name, OrgName: d.OrgName,
		Type: byte(d.Type), Flags: d.Flags, Charset: d.Charset, Length: d.Length, Decimals: d.Decimals,
	}
}

// Definition is what ColumnOf was made of, but for what is in neither: the zero values are sent.
func Definition(c *hook.Column) protocol.ColumnDefinition {
	return protocol.ColumnDefinition{
		Schema: c.Schema, Table: c.Table, OrgTable: c.OrgTable, Name: c.Name, OrgName: c.OrgName,
		Type: protocol.ColumnType(c.Type), Flags: c.Flags, Charset: c.Charset, Length: c.Length, Decimals: c.Decimals,
	}
}

const (
	flagUnsigned  = 0x20
	binaryCharset = 63
)

// kindOf is what values of a column are.
func kindOf(c *hook.Column) hook.ValueKind {
	switch protocol.ColumnType(c.Type) {
	case protocol.TypeTiny, protocol.TypeShort, protocol.TypeLong, protocol.TypeInt24, protocol.TypeLongLong, protocol.TypeYear, protocol.TypeBool:
		if c.Flags&flagUnsigned != 0 {
			return hook.KindUint
		}
		return hook.KindInt
	case protocol.TypeFloat, protocol.TypeDouble:
		return hook.KindFloat
	case protocol.TypeDecimal, protocol.TypeNewDecimal:
		return hook.KindDecimal
	case protocol.TypeDate, protocol.TypeNewDate, protocol.TypeTime, protocol.TypeDatetime, protocol.TypeTimestamp:
		return hook.KindTime
	case protocol.TypeBit, protocol.TypeGeometry, protocol.TypeVector:
		return hook.KindBytes
	case protocol.TypeJSON: // a text, though MySQL gives it the binary character set
		return hook.KindText
	}
	if c.Charset == binaryCharset {
		return hook.KindBytes
	}
	return hook.KindText
}
