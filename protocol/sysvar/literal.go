package sysvar

// plain reports whether a value can be written between quotes and mean the same under every sql_mode and character set.
func plain[T string | []byte](value T) bool {
	for i := range len(value) {
		if c := value[i]; c < ' ' || c >= 0x7f || c == '\\' {
			return false
		}
	}
	return true
}

// numeric reports whether a value is a number as servers print them: digits, perhaps with a sign and a fraction. Numbers have to
// be assigned without quotes: '5' is the wrong type for most of these variables.
func numeric(value string) bool {
	if len(value) > 0 && value[0] == '-' {
		value = value[1:]
	}
	digits, points := 0, 0
	for i := range len(value) {
		switch c := value[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' && points == 0 && digits > 0:
			points++
		default:
			return false
		}
	}
	return digits > 0 && value[len(value)-1] != '.'
}

// appendValue writes the value of a system variable so that it can be assigned. It is false for a value that cannot be written
// for sure.
func appendValue(dst []byte, name, value string) ([]byte, bool) {
	switch {
	case value == "" && name == "character_set_results":
		return append(dst, "NULL"...), true // both servers report NULL as ""
	case numeric(value) && !text[name]:
		return append(dst, value...), true
	case !plain(value):
		return dst, false
	}
	return appendQuoted(dst, value), true
}

// appendQuoted writes a plain text between quotes. Doubling works under every sql_mode, a backslash not.
func appendQuoted[T string | []byte](dst []byte, text T) []byte {
	dst = append(dst, '\'')
	for i := range len(text) {
		if text[i] == '\'' {
			dst = append(dst, '\'')
		}
		dst = append(dst, text[i])
	}
	return append(dst, '\'')
}
