package protocol

import "encoding/binary"

// ColumnType is the type of a column or a parameter, under its protocol name.
type ColumnType byte

// The types.
const (
	TypeDecimal    ColumnType = 0x00
	TypeTiny       ColumnType = 0x01
	TypeShort      ColumnType = 0x02
	TypeLong       ColumnType = 0x03
	TypeFloat      ColumnType = 0x04
	TypeDouble     ColumnType = 0x05
	TypeNull       ColumnType = 0x06
	TypeTimestamp  ColumnType = 0x07
	TypeLongLong   ColumnType = 0x08
	TypeInt24      ColumnType = 0x09
	TypeDate       ColumnType = 0x0a
	TypeTime       ColumnType = 0x0b
	TypeDatetime   ColumnType = 0x0c
	TypeYear       ColumnType = 0x0d
	TypeNewDate    ColumnType = 0x0e
	TypeVarchar    ColumnType = 0x0f
	TypeBit        ColumnType = 0x10
	TypeVector     ColumnType = 0xf2 // MySQL 9
	TypeBool       ColumnType = 0xf4
	TypeJSON       ColumnType = 0xf5
	TypeNewDecimal ColumnType = 0xf6
	TypeEnum       ColumnType = 0xf7
	TypeSet        ColumnType = 0xf8
	TypeTinyBlob   ColumnType = 0xf9
	TypeMediumBlob ColumnType = 0xfa
	TypeLongBlob   ColumnType = 0xfb
	TypeBlob       ColumnType = 0xfc
	TypeVarString  ColumnType = 0xfd
	TypeString     ColumnType = 0xfe
	TypeGeometry   ColumnType = 0xff
)

// columnFixed is the length of a definition's part after the strings.
const columnFixed = 12

// ColumnDefinition describes a column of a result, or a parameter of a prepared statement.
type ColumnDefinition struct {
	Schema, Table, OrgTable, Name, OrgName string
	Extended                               []byte // with MariaDBExtendedMetadata
	Charset                                uint16
	Length                                 uint32
	Type                                   ColumnType
	Flags                                  uint16
	Decimals                               byte
	Default                                []byte // what COM_FIELD_LIST adds, raw
}

// Decode reads a definition from a server whose client has these capabilities. Extended and Default alias p.
func (c *ColumnDefinition) Decode(p []byte, caps Capability) error {
	f := fields{rest: p}
	f.lenencBytes() // the catalog, always "def"
	*c = ColumnDefinition{
		Schema:   string(f.lenencBytes()),
		Table:    string(f.lenencBytes()),
		OrgTable: string(f.lenencBytes()),
		Name:     string(f.lenencBytes()),
		OrgName:  string(f.lenencBytes()),
	}
	if caps.Has(MariaDBExtendedMetadata) {
		c.Extended = f.lenencBytes()
	}
	if size := f.lenenc(); size != columnFixed {
		return malformed("column definition", "%d bytes", len(p))
	}
	c.Charset = f.uint16()
	c.Length = f.uint32()
	c.Type = ColumnType(f.uint8())
	c.Flags = f.uint16()
	c.Decimals = f.uint8()
	f.take(2)
	if f.short {
		return malformed("column definition", "%d bytes", len(p))
	}
	c.Default = f.rest
	return nil
}

// Append writes the payload for a client with these capabilities.
func (c *ColumnDefinition) Append(dst []byte, caps Capability) []byte {
	dst = AppendLenencString(dst, "def")
	for _, s := range [...]string{c.Schema, c.Table, c.OrgTable, c.Name, c.OrgName} {
		dst = AppendLenencString(dst, s)
	}
	if caps.Has(MariaDBExtendedMetadata) {
		dst = AppendLenencBytes(dst, c.Extended)
	}
	dst = append(dst, columnFixed)
	dst = binary.LittleEndian.AppendUint16(dst, c.Charset)
	dst = binary.LittleEndian.AppendUint32(dst, c.Length)
	dst = append(dst, byte(c.Type))
	dst = binary.LittleEndian.AppendUint16(dst, c.Flags)
	dst = append(dst, c.Decimals, 0, 0)
	return append(dst, c.Default...)
}
