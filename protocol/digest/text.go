package digest

// shape is what decides on blanks around a token of the normal form.
type shape uint8

const (
	shapeNone     shape = iota // nothing stands before
	shapeKeyword               // a parenthesis behind it is set off
	shapeFunction              // a keyword with arguments in parentheses
	shapeOperand               // name, literal, system variable
	shapeOperator
	shapeOpen
	shapeClose
	shapeComma
	shapeDot
	shapeSemicolon
	shapeCount
)

// blanks tells whether a blank stands between tokens of two shapes.
var blanks = func() (t [shapeCount][shapeCount]bool) {
	for before := shapeKeyword; before < shapeCount; before++ {
		for after := shapeKeyword; after < shapeCount; after++ {
			t[before][after] = blank(before, after)
		}
	}
	return t
}()

func blank(before, after shape) bool {
	word := func(s shape) bool { return s == shapeKeyword || s == shapeFunction }
	switch {
	case before == shapeOpen || before == shapeComma || before == shapeDot:
		return false
	case before == shapeSemicolon:
		return true
	case after == shapeClose || after == shapeComma || after == shapeDot || after == shapeSemicolon:
		return false
	case after == shapeOpen:
		return before == shapeKeyword
	case before == shapeOperator && after == shapeOperator:
		return true
	case before == shapeOperator || after == shapeOperator:
		return word(before) || word(after)
	}
	return true
}

// AppendText appends the normal form of sql, as the package comment defines it, to dst.
func AppendText(dst, sql []byte, o Options) []byte {
	l := lexer{sql: sql, opts: o}
	n := normal{hash: hashSeed, text: dst, write: true}
	for {
		t := l.next()
		n.add(&l, t)
		if t == tokEnd {
			return n.text
		}
	}
}

// token writes a token of the normal form: b[start:end].
func (n *normal) token(b []byte, start, end int, s shape) {
	n.hash = mixBytes(n.hash, b, start, end)
	if n.write {
		n.space(s)
		n.text = append(n.text, b[start:end]...)
	}
	n.shape = s
}

// mark writes a token of one character.
func (n *normal) mark(c byte, s shape) {
	n.hash = mix(n.hash, uint64(c), 1)
	if n.write {
		n.space(s)
		n.text = append(n.text, c)
	}
	n.shape = s
}

// dots writes a comma and the ellipsis.
func (n *normal) dots() {
	n.hash = mix(n.hash, ','|'.'<<8|'.'<<16|'.'<<24, 4)
	if n.write {
		n.text = append(n.text, ",..."...)
	}
	n.shape = shapeOperand
}

// word writes the word of l as it is.
func (n *normal) word(l *lexer) {
	if length := l.pos - l.start; length <= 8 {
		n.hash = mix(n.hash, l.piece, length)
	} else {
		n.hash = mixBytes(n.hash, l.sql, l.start, l.pos)
	}
	if n.write {
		n.space(shapeOperand)
		n.text = append(n.text, l.bytes()...)
	}
	n.shape = shapeOperand
	n.after(true)
}

// name writes the token of l as it is.
func (n *normal) name(l *lexer) {
	n.token(l.sql, l.start, l.pos, shapeOperand)
	n.after(true)
}

// operator writes the token of l as it is.
func (n *normal) operator(l *lexer) {
	n.token(l.sql, l.start, l.pos, shapeOperator)
	n.after(false)
}

// keyword writes k in upper case.
func (n *normal) keyword(k *keyword) {
	n.hash = mix(n.hash, k.piece, len(k.name))
	if len(k.name) > 8 {
		n.hash = mixBytes(n.hash, []byte(k.name), 8, len(k.name))
	}
	s := shapeKeyword
	if k.callable {
		s = shapeFunction
	}
	if n.write {
		n.space(s)
		n.text = append(n.text, k.name...)
	}
	n.shape = s
	n.binary, n.joined, n.keepNull = k.operand, false, k.keepNull
}

// space writes a blank if one stands before a token of shape s.
func (n *normal) space(s shape) {
	if blanks[n.shape][s] {
		n.text = append(n.text, ' ')
	}
}
