package row

import (
	"encoding/binary"
	"strconv"

	"parkway/protocol"
	"parkway/scripting/hook"
)

// Dates and times. The binary protocol has them in parts, and leaves out what is zero at the end; scripts see them as the text protocol has them,
// with as many digits behind the point as the column has.

// anyDecimals stands for a number of decimals that is not known: six, if there are any.
const anyDecimals = 31

// moment is a date or time in parts. Of a time, hour has the days too.
type moment struct {
	negative         bool
	year, month, day uint32
	hour             uint32
	minute, second   uint32
	micro            uint32
}

// time reads a date or time of the binary protocol from the beginning of p.
func (r *Reader) time(t protocol.ColumnType, decimals int, p []byte) (v hook.Value, n int, ok bool) {
	if len(p) == 0 || len(p) < 1+int(p[0]) {
		return v, 0, false
	}
	n = 1 + int(p[0])
	var m moment
	if t == protocol.TypeTime {
		ok = m.readTime(p[1:n])
	} else {
		ok = m.readDate(p[1:n])
	}
	if !ok {
		return v, 0, false
	}
	r.text = m.append(r.text[:0], t, decimals)
	return hook.Value{Kind: hook.KindTime, Bytes: r.text}, n, true
}

func (m *moment) readTime(p []byte) bool {
	switch len(p) {
	case 0:
		return true
	case 8, 12:
	default:
		return false
	}
	m.negative = p[0] != 0
	m.hour = 24*binary.LittleEndian.Uint32(p[1:]) + uint32(p[5])
	m.minute, m.second = uint32(p[6]), uint32(p[7])
	if len(p) == 12 {
		m.micro = binary.LittleEndian.Uint32(p[8:])
	}
	return true
}

func (m *moment) readDate(p []byte) bool {
	switch len(p) {
	case 0:
		return true
	case 4, 7, 11:
	default:
		return false
	}
	m.year, m.month, m.day = uint32(binary.LittleEndian.Uint16(p)), uint32(p[2]), uint32(p[3])
	if len(p) >= 7 {
		m.hour, m.minute, m.second = uint32(p[4]), uint32(p[5]), uint32(p[6])
	}
	if len(p) == 11 {
		m.micro = binary.LittleEndian.Uint32(p[7:])
	}
	return true
}

// append writes the text.
func (m *moment) append(dst []byte, t protocol.ColumnType, decimals int) []byte {
	if t != protocol.TypeTime {
		dst = appendPadded(dst, m.year, 4)
		dst = appendPadded(append(dst, '-'), m.month, 2)
		dst = appendPadded(append(dst, '-'), m.day, 2)
		if t == protocol.TypeDate || t == protocol.TypeNewDate {
			return dst
		}
		dst = append(dst, ' ')
	}
	if m.negative {
		dst = append(dst, '-')
	}
	dst = appendPadded(dst, m.hour, 2)
	dst = appendPadded(append(dst, ':'), m.minute, 2)
	dst = appendPadded(append(dst, ':'), m.second, 2)
	switch {
	case decimals >= anyDecimals && m.micro != 0:
		decimals = 6
	case decimals > 6:
		decimals = 0
	}
	if decimals > 0 {
		dst = appendPadded(append(dst, '.'), m.micro, 6)
		dst = dst[:len(dst)-(6-decimals)]
	}
	return dst
}

// appendPadded writes a number with at least width digits.
func appendPadded(dst []byte, n uint32, width int) []byte {
	var digits [10]byte
	text := strconv.AppendUint(digits[:0], uint64(n), 10)
	for i := len(text); i < width; i++ {
		dst = append(dst, '0')
	}
	return append(dst, text...)
}

// appendTime appends a value to a column of dates or times.
func appendTime(dst []byte, t protocol.ColumnType, v *hook.Value) (out []byte, reason string) {
	var m moment
	if t == protocol.TypeTime {
		if v.Kind != hook.KindTime && v.Kind != hook.KindText || !m.parseTime(v.Bytes) {
			return dst, "the value is no time"
		}
		return m.appendBinaryTime(dst), ""
	}
	if v.Kind != hook.KindTime && v.Kind != hook.KindText || !m.parseDate(v.Bytes) {
		return dst, "the value is no date"
	}
	if t == protocol.TypeDate || t == protocol.TypeNewDate {
		m.hour, m.minute, m.second, m.micro = 0, 0, 0, 0
	}
	return m.appendBinaryDate(dst), ""
}

func (m *moment) appendBinaryTime(dst []byte) []byte {
	size := byte(12)
	switch {
	case m.micro != 0:
	case m.hour != 0 || m.minute != 0 || m.second != 0:
		size = 8
	default:
		return append(dst, 0)
	}
	sign := byte(0)
	if m.negative {
		sign = 1
	}
	dst = binary.LittleEndian.AppendUint32(append(dst, size, sign), m.hour/24)
	dst = append(dst, byte(m.hour%24), byte(m.minute), byte(m.second))
	if size == 12 {
		dst = binary.LittleEndian.AppendUint32(dst, m.micro)
	}
	return dst
}

func (m *moment) appendBinaryDate(dst []byte) []byte {
	size := byte(0)
	switch {
	case m.micro != 0:
		size = 11
	case m.hour != 0 || m.minute != 0 || m.second != 0:
		size = 7
	case m.year != 0 || m.month != 0 || m.day != 0:
		size = 4
	}
	dst = append(dst, size)
	if size >= 4 {
		dst = binary.LittleEndian.AppendUint16(dst, uint16(m.year))
		dst = append(dst, byte(m.month), byte(m.day))
	}
	if size >= 7 {
		dst = append(dst, byte(m.hour), byte(m.minute), byte(m.second))
	}
	if size == 11 {
		dst = binary.LittleEndian.AppendUint32(dst, m.micro)
	}
	return dst
}

// parseDate reads 2026-11-21, 2026-11-21 09:30:00 or 2026-11-21 09:30:00.5, with a T for the space too.
func (m *moment) parseDate(text []byte) bool {
	p := parser{rest: text}
	m.year = p.number(4, 9999)
	p.sign('-')
	m.month = p.number(2, 12)
	p.sign('-')
	m.day = p.number(2, 31)
	if len(p.rest) == 0 {
		return !p.failed
	}
	if p.rest[0] == 'T' {
		p.rest = p.rest[1:]
	} else {
		p.sign(' ')
	}
	m.hour = p.number(2, 23)
	m.clock(&p)
	return !p.failed && len(p.rest) == 0
}

// maxHour is that of the longest TIME.
const maxHour = 838

// parseTime reads 09:30:00, -838:59:59 or 09:30:00.5.
func (m *moment) parseTime(text []byte) bool {
	p := parser{rest: text}
	if len(text) > 0 && text[0] == '-' {
		m.negative, p.rest = true, text[1:]
	}
	m.hour = p.number(3, maxHour)
	m.clock(&p)
	return !p.failed && len(p.rest) == 0
}

// clock reads what follows the hour.
func (m *moment) clock(p *parser) {
	p.sign(':')
	m.minute = p.number(2, 59)
	p.sign(':')
	m.second = p.number(2, 59)
	if len(p.rest) > 0 {
		p.sign('.')
		from := len(p.rest)
		m.micro = p.number(6, 999999)
		for i := from - len(p.rest); i < 6; i++ {
			m.micro *= 10
		}
	}
}

// parser reads parts of a text; once one is missing it has failed.
type parser struct {
	rest   []byte
	failed bool
}

// number reads at least one and at most so many digits.
func (p *parser) number(digits int, limit uint32) (n uint32) {
	i := 0
	for ; i < len(p.rest) && i < digits && p.rest[i] >= '0' && p.rest[i] <= '9'; i++ {
		n = 10*n + uint32(p.rest[i]-'0')
	}
	p.rest = p.rest[i:]
	p.failed = p.failed || i == 0 || n > limit
	return n
}

func (p *parser) sign(c byte) {
	if len(p.rest) == 0 || p.rest[0] != c {
		p.failed, p.rest = true, nil
		return
	}
	p.rest = p.rest[1:]
}
