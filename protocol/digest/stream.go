package digest

import "bytes"

// Stream is Scan for a text that comes in parts: it reads each byte once or little more, and keeps only the end of what came, up to
// the last token that is certain. A long literal or comment is kept as its beginning and its end. Where that is not enough, the flags
// say Uncertain.
type Stream struct {
	scanner scanner
	window  []byte // what has come since the last token that is certain
	blind   bool   // what still comes is not looked at
}

const (
	lookahead  = 64       // how many bytes behind a token may change how it is read
	portion    = 16 << 10 // how many bytes are looked at together
	maxCarried = 2 << 10  // how many bytes are kept of what has no end yet, beside those of the next portion
)

// NewStream begins a text.
func NewStream(o Options) *Stream {
	return &Stream{scanner: scanner{lexer: lexer{opts: o}}, window: make([]byte, 0, portion+maxCarried+lookahead)}
}

// Add takes the next part of the text. Nothing is kept of part.
func (s *Stream) Add(part []byte) {
	for len(part) > 0 && !s.blind {
		n := min(len(part), portion)
		s.window = append(s.window, part[:n]...)
		part = part[n:]
		s.advance(false)
	}
}

// End ends the text, and says what Scan says of it, without the hash. The stream is of no use afterwards.
func (s *Stream) End() Info {
	if s.blind {
		s.scanner.lexer.flags |= Uncertain
	} else {
		s.advance(true)
	}
	return s.scanner.end(0)
}

// advance takes the tokens that are certain: all, if the text has come to its end.
func (s *Stream) advance(ended bool) {
	l := &s.scanner.lexer
	l.sql = s.window
	for {
		before := *l
		t := l.next()
		switch {
		case !ended && (t == tokEnd || l.pos > len(s.window)-lookahead):
			s.carry(&before)
			return
		case t == tokEnd:
			return
		}
		s.scanner.add(t)
	}
}

// carry keeps what is not certain yet, and puts the lexer, which has just read that, back to where it was before.
func (s *Stream) carry(before *lexer) {
	l := &s.scanner.lexer
	rest := s.window[before.pos:]
	if len(rest) > maxCarried {
		if rest = s.shorten(before); rest == nil {
			s.blind, s.window = true, nil
			return
		}
	}
	*l = *before
	if l.inside {
		l.flags |= Uncertain // where servers that skip the comment end it is not followed
	}
	// A quoted name may be that of a function: it goes before the rest. Whatever is moved is moved towards the beginning.
	sc := &s.scanner
	name := 0
	if sc.prev == tokQuoted && sc.plainName {
		if name = sc.nameEnd - sc.nameStart; name > maxCarried {
			name, sc.plainName = 0, false
		}
	}
	kept := append(s.window[:0], s.window[sc.nameStart:sc.nameStart+name]...)
	if l.pos > 0 {
		kept = append(kept, s.window[l.pos-1]) // may be the first one of a character
	}
	sc.nameStart, sc.nameEnd, l.pos = 0, name, len(kept)
	s.window = append(kept, rest...)
}

// shorten returns what is read as what is behind before is, whatever follows, and is not long; nil if it is not known how. The lexer
// has just read it. What of it is certain is put into before.
func (s *Stream) shorten(before *lexer) (short []byte) {
	l := &s.scanner.lexer
	if before.inside || l.inside {
		return nil
	}
	start := l.start
	var pending []byte
	switch {
	case l.tok == tokEnd:
		start, pending = openComment(before)
	case len(l.sql)-start > maxCarried:
		pending = openLiteral(l)
	default:
		pending = l.sql[start:]
	}
	if pending == nil && start < len(l.sql) {
		return nil
	}
	// What comes before: white space and comments that have ended.
	gap := *before
	gap.sql = l.sql[:start]
	if gap.next() != tokEnd || gap.inside {
		return nil
	}
	before.flags = gap.flags
	if start > before.pos {
		short = append(short, ' ')
	}
	return append(short, pending...)
}

// openLiteral returns a literal or quoted name that the lexer has just read to the end of its text, or almost, without its middle; nil if that is
// something else.
func openLiteral(l *lexer) []byte {
	b := l.bytes()
	at := bytes.IndexAny(b[:2], "'\"`") // behind N, X or B, if not at once
	switch {
	case l.tok == tokUserVar || l.tok == tokSysVar:
		return nil
	case at >= 0:
		return l.without(b[:at+1], b[at])
	case l.tok == tokNumber && b[0] == '0' && b[1]|0x20 >= 'b':
		return l.without([]byte{'0', b[1], '0'}, 0)
	}
	return nil
}

// without returns opening and the end of the text, from a byte on that is neither escaped nor the second one of a
// character or of a pair of quotes, and in the token that the lexer has just read; nil if there is none.
func (l *lexer) without(opening []byte, quote byte) []byte {
	from := len(l.sql) - lookahead
	for p := from; p > from-maxCarried/2; p-- { // the token is longer than that
		c := l.sql[p-1]
		if c != quote && c != '\\' && (l.opts&multibyte == 0 || c < 0x40) {
			return append(opening[:len(opening):len(opening)], l.sql[p:]...)
		}
	}
	return nil
}

// openComment looks behind l.pos for the comment that the text ends in, and returns where it begins, and the comment without its content; the end
// of the text if it does not end in one.
func openComment(l *lexer) (start int, comment []byte) {
	sql := l.sql
	for i := l.pos; i < len(sql); {
		end, line := i+1, false
		switch sql[i] {
		case '#', '-': // two of the latter, or it would be a token
			end, line = l.lineEnd(i), true
		case '/':
			content := sql[i+2:]
			if n := bytes.Index(content, []byte("*/")); n >= 0 {
				end = i + 2 + n + 2
				break
			}
			switch {
			case len(content) <= lookahead:
				return i, sql[i:]
			case content[0] == '+' || content[0] == '!' || content[0] == 'M':
				return i, nil // what is in it matters
			case content[len(content)-1] == '*': // which may begin its end
				return i, []byte("/* *")
			}
			return i, []byte("/* ")
		}
		if line && end == len(sql) && sql[end-1] != '\n' {
			return i, []byte("#")
		}
		i = end
	}
	return len(sql), nil
}
