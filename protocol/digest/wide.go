package digest

// Character sets in which the second byte of a character may be a backslash, a quote or a letter.

// wideQuoteEnd returns the end of a literal or quoted name whose opening quote is before i.
func (l *lexer) wideQuoteEnd(i int, quote byte, escapes bool) int {
	sql := l.sql
	for i < len(sql) {
		switch c := sql[i]; {
		case l.leads(i):
			i += 2
		case c == '\\' && escapes:
			i += 2
		case c != quote:
			i++
		case i+1 == len(sql) || sql[i+1] != quote:
			return i + 1
		default:
			i += 2
		}
	}
	l.flags |= Uncertain
	return len(sql)
}

// wideWordEnd is wordEnd.
func (l *lexer) wideWordEnd(i int) int {
	if i > 0 && l.leads(i-1) {
		i++
	}
	for i < len(l.sql) && inWord[l.sql[i]] {
		if l.leads(i) {
			i++
		}
		i++
	}
	return min(i, len(l.sql))
}

// leads reports whether the bytes at i and i+1 are one character. A lead byte before anything else is a character of
// its own, as the servers take it.
func (l *lexer) leads(i int) bool {
	if i+1 >= len(l.sql) {
		return false
	}
	lead, trail := l.sql[i], l.sql[i+1]
	if lead < 0x81 || lead == 0xFF || trail < 0x40 || trail == 0x7F || trail == 0xFF {
		return false
	}
	if l.opts&ShiftJIS != 0 {
		return (lead <= 0x9F || lead >= 0xE0 && lead <= 0xFC) && trail <= 0xFC
	}
	return true
}
