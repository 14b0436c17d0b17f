package digest

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// number reads what begins with a digit: a number, or a name such as 1st. A name follows a dot in any case: t.1.
func (l *lexer) number(i int) token {
	sql := l.sql
	if l.tok == tokDot {
		return l.nameAt(i, l.wordEnd(i))
	}
	p := digits(sql, i+1)
	if p == len(sql) {
		return l.set(tokNumber, i, p)
	}
	if !inWord[sql[p]] {
		if sql[p] == '.' {
			p = l.fraction(p + 1)
		}
		return l.set(tokNumber, i, p)
	}
	// A letter follows: 1e5, 0x1F, 0b1, or a name.
	if end, ok := exponent(sql, p); ok {
		return l.set(tokNumber, i, end)
	}
	end := l.wordEnd(p)
	if p == i+1 && sql[i] == '0' && p+1 < end && radixDigits(sql[p], sql[p+1:end]) {
		return l.set(tokNumber, i, end)
	}
	return l.nameAt(i, end)
}

// digits returns the end of the digits from i on.
func digits(sql []byte, i int) int {
	for ; i+8 <= len(sql); i += 8 {
		if ends := notDigit(binary.LittleEndian.Uint64(sql[i:])); ends != 0 {
			return i + bits.TrailingZeros64(ends)/8
		}
	}
	for i < len(sql) && sql[i]-'0' <= 9 {
		i++
	}
	return i
}

// fraction returns the end of the digits and the exponent of a number with a dot before i.
func (l *lexer) fraction(i int) int {
	i = digits(l.sql, i)
	if end, ok := exponent(l.sql, i); ok {
		return end
	}
	return i
}

// exponent returns the end of the exponent at i, if there is one.
func exponent(sql []byte, i int) (end int, ok bool) {
	if i >= len(sql) || sql[i]|0x20 != 'e' {
		return i, false
	}
	i++
	if i < len(sql) && (sql[i] == '+' || sql[i] == '-') {
		i++
	}
	end = digits(sql, i)
	return end, end > i
}

// radixDigits reports whether all of b are digits of a literal that began with 0 and prefix. The prefix is in lower
// case: 0X1F is a name.
func radixDigits(prefix byte, b []byte) bool {
	for _, c := range b {
		switch {
		case prefix == 'b' && (c == '0' || c == '1'):
		case prefix == 'x' && (c-'0' <= 9 || c|0x20 >= 'a' && c|0x20 <= 'f'):
		default:
			return false
		}
	}
	return true
}

// prefixed reads N'x', X'1F' or B'1'. The servers refuse X and B with anything but digits between the quotes.
func (l *lexer) prefixed(i int) token {
	if l.sql[i]|0x20 == 'n' {
		return l.set(tokString, i, l.stringEnd(i+2, '\''))
	}
	end := bytes.IndexByte(l.sql[i+2:], '\'')
	if end < 0 {
		l.flags |= Uncertain
		return l.set(tokNumber, i, len(l.sql))
	}
	return l.set(tokNumber, i, i+2+end+1)
}

// dollar reads what begins with a dollar sign: a name, or, to MySQL 9, a dollar-quoted string ($$x$$, $tag$x$tag$), as
// the bodies of JavaScript routines are. A name of that form is read as a string where a string could end.
func (l *lexer) dollar(i int) token {
	end := l.wordEnd(i)
	second := bytes.IndexByte(l.sql[i+1:end], '$')
	if l.tok == tokDot || second < 0 {
		return l.wordAt(i)
	}
	l.flags |= Uncertain
	tag := l.sql[i : i+second+2]
	length := bytes.Index(l.sql[i+len(tag):], tag)
	if length < 0 {
		return l.wordAt(i)
	}
	return l.set(tokString, i, i+len(tag)+length+len(tag))
}

// stringEnd returns the end of a string literal whose opening quote is before i.
func (l *lexer) stringEnd(i int, quote byte) int {
	if l.opts != 0 {
		if l.opts&multibyte != 0 {
			return l.wideQuoteEnd(i, quote, l.opts&NoBackslashEscapes == 0)
		}
		if l.opts&NoBackslashEscapes != 0 {
			return l.nameEnd(i, quote)
		}
	}
	sql := l.sql
	for i < len(sql) {
		if i+8 <= len(sql) {
			v := binary.LittleEndian.Uint64(sql[i:])
			found := matches(v, quote) | matches(v, '\\')
			if found == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(found) / 8
		}
		switch sql[i] {
		case quote:
			if i+1 == len(sql) || sql[i+1] != quote {
				return i + 1
			}
			i += 2
		case '\\':
			i += 2
		default:
			i++
		}
	}
	l.flags |= Uncertain
	return len(sql)
}

// nameEnd returns the end of a quoted name, or of a string without escapes, whose opening quote is before i.
func (l *lexer) nameEnd(i int, quote byte) int {
	if l.opts&multibyte != 0 {
		return l.wideQuoteEnd(i, quote, false)
	}
	for {
		n := bytes.IndexByte(l.sql[i:], quote)
		if n < 0 {
			l.flags |= Uncertain
			return len(l.sql)
		}
		i += n + 1
		if i == len(l.sql) || l.sql[i] != quote {
			return i
		}
		i++
	}
}
