package protocol

// AppendTextRow writes the payload of a row of a text result; a nil value is NULL.
func AppendTextRow(dst []byte, values ...[]byte) []byte {
	for _, v := range values {
		if v == nil {
			dst = append(dst, lenencNull)
		} else {
			dst = AppendLenencBytes(dst, v)
		}
	}
	return dst
}

// ReadTextRow appends the values of a row of a text result to values, nil for NULL. They alias p.
func ReadTextRow(values [][]byte, p []byte) ([][]byte, error) {
	for len(p) > 0 {
		if p[0] == lenencNull {
			values, p = append(values, nil), p[1:]
			continue
		}
		v, n, ok := ReadLenencBytes(p)
		if !ok {
			return values, malformed("text row", "value %d", len(values))
		}
		values, p = append(values, v), p[n:]
	}
	return values, nil
}
