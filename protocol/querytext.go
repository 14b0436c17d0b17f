package protocol

// QueryText finds the SQL text in the payload of a COM_QUERY, command byte included, from a client with these capabilities: it
// follows the query attributes if there may be some. It aliases payload.
func QueryText(payload []byte, caps Capability) (sql []byte, err error) {
	if len(payload) == 0 || Command(payload[0]) != ComQuery {
		return nil, malformed("COM_QUERY", "%d bytes", len(payload))
	}
	if !caps.Has(ClientQueryAttributes) {
		return payload[1:], nil
	}
	f := fields{rest: payload[1:]}
	count := f.lenenc()
	sets := f.lenenc()
	if f.short || sets != 1 || count > maxColumns {
		return nil, malformed("COM_QUERY", "%d sets of %d query attributes", sets, count)
	}
	if count > 0 {
		f.queryAttributes(int(count))
	}
	if f.short {
		return nil, malformed("COM_QUERY", "query attributes")
	}
	return f.rest, nil
}

// queryAttributes passes over count attributes: which of them are NULL, types and names, values.
func (f *fields) queryAttributes(count int) {
	nulls := f.take((count + 7) / 8)
	if f.uint8() != 1 { // types follow; without them the values can't be read
		f.fail()
		return
	}
	types := f.rest
	for range count {
		f.take(2)
		f.lenencBytes()
	}
	if f.short {
		return
	}
	t := fields{rest: types}
	for i := range count {
		kind := ColumnType(t.uint16())
		t.lenencBytes()
		if nulls[i/8]&(1<<(i%8)) == 0 {
			f.binaryValue(kind)
		}
	}
}

// binaryValue passes over a value of the binary protocol.
func (f *fields) binaryValue(kind ColumnType) {
	switch kind {
	case TypeNull:
	case TypeTiny, TypeBool:
		f.take(1)
	case TypeShort, TypeYear:
		f.take(2)
	case TypeLong, TypeInt24, TypeFloat:
		f.take(4)
	case TypeLongLong, TypeDouble:
		f.take(8)
	case TypeDate, TypeTime, TypeDatetime, TypeTimestamp, TypeNewDate:
		f.take(int(f.uint8()))
	default:
		f.lenencBytes()
	}
}

// AppendQueryHead appends what stands before the text in the payload of a COM_QUERY without attributes, command byte
// included, to a server that was told these capabilities.
func AppendQueryHead(dst []byte, caps Capability) []byte {
	dst = append(dst, byte(ComQuery))
	if caps.Has(ClientQueryAttributes) {
		dst = append(dst, 0, 1) // none, in one set
	}
	return dst
}
