package digest

// normal makes the normal form of a sequence of tokens: its hash, and its text if asked for. What may yet turn out to
// belong to a list or a literal is held back, which is never more than `,(?,...,` and a sign and an introducer.
type normal struct {
	hash  uint64
	text  []byte
	write bool // text is wanted
	shape shape
	last  *keyword // of the token before, if it was one

	run       run    // of values, in the row that is not held back
	row       row    // of the values in parentheses
	rowRun    run    // what the rows that were closed held: runOne or runMany
	heldRun   run    // of the row that is held back
	collapsed bool   // ",..." was written for the row
	binary    bool   // a sign here is an operator
	joined    bool   // the token before was a string: another one continues it
	sign      byte   // held back; 0: none
	introduce []byte // an introducer held back
	semicolon bool   // held back
}

// run is how far a run of values separated by commas got.
type run uint8

const (
	runNone      run = iota
	runOne           // "?"
	runOneComma      // and a comma held back
	runMany          // "?,..."
	runManyComma     // and a comma held back
)

// row is how far rows of values in parentheses got.
type row uint8

const (
	rowNone   row = iota
	rowOpen       // "(" and values
	rowClosed     // ")"
	rowComma      // and a comma held back
	rowHeld       // and a parenthesis held back, and a run in heldRun
)

// add takes the token that l has just read.
func (n *normal) add(l *lexer, t token) {
	if n.semicolon && t != tokSemicolon && t != tokEnd {
		n.semicolon = false
		n.mark(';', shapeSemicolon)
	}
	switch t {
	case tokWord:
		switch k := l.word; {
		case k == nil || k.plain:
			n.settle()
			n.name(l)
			n.last = k
		case k.word == wordNull && !n.keepsNull():
			n.value(tokNumber)
		default:
			n.settle()
			n.keyword(k)
		}
	case tokQuoted, tokUserVar, tokSysVar:
		n.settle()
		n.name(l)
	case tokString, tokNumber, tokParam:
		n.value(t)
	case tokIntroducer:
		n.holdIntroducer(l.bytes())
	case tokComma:
		n.comma()
	case tokOpen:
		n.open()
	case tokClose:
		n.close()
	case tokSign:
		n.holdSign(l)
	case tokDot:
		n.settle()
		n.mark('.', shapeDot)
		n.after(false)
	case tokEllipsis:
		n.ellipsis(l)
	case tokSemicolon:
		n.settle()
		n.semicolon = n.shape != shapeNone
		n.after(false)
	case tokEnd:
		n.settle()
	case tokOther:
		n.settle()
		n.token(l.sql, l.start, l.pos, shapeKeyword)
		n.after(false)
	default:
		n.settle()
		n.operator(l)
	}
}

// keepsNull reports whether NULL would be a keyword here.
func (n *normal) keepsNull() bool {
	if n.last == nil {
		return false
	}
	w := n.last.word
	return w == wordIs || w == wordNot || w == wordSet
}

// after notes what the next token stands behind: binary if behind an operand.
func (n *normal) after(binary bool) {
	n.binary, n.joined, n.last = binary, false, nil
}

// value takes a literal or placeholder.
func (n *normal) value(t token) {
	if n.joined && t == tokString {
		return
	}
	if n.introduce != nil && t == tokParam {
		n.settle()
	}
	n.sign, n.introduce = 0, nil
	if n.row == rowHeld && !n.heldRun.add() {
		n.releaseRow()
	}
	switch {
	case n.row == rowHeld:
	case n.run == runOneComma:
		n.dots()
		n.run = runMany
	case n.run == runManyComma:
		n.run = runMany
	default:
		if n.run != runNone || n.row >= rowClosed {
			n.settle()
		}
		n.mark('?', shapeOperand)
		n.run = runOne
	}
	n.binary, n.joined, n.last = true, t == tokString, nil
}

// add adds a value to a run and reports whether one may stand there.
func (r *run) add() bool {
	switch *r {
	case runNone:
		*r = runOne
	case runOneComma, runManyComma:
		*r = runMany
	default:
		return false
	}
	return true
}

// comma takes a comma.
func (n *normal) comma() {
	if n.sign != 0 || n.introduce != nil {
		n.settle()
	}
	if n.row == rowHeld {
		if n.heldRun == runOne || n.heldRun == runMany {
			n.heldRun++
			n.after(false)
			return
		}
		n.releaseRow()
	}
	switch {
	case n.run == runOne || n.run == runMany:
		n.run++
	case n.row == rowClosed:
		n.row = rowComma
	default:
		n.settle()
		n.mark(',', shapeComma)
	}
	n.after(false)
}

// open takes an opening parenthesis.
func (n *normal) open() {
	if n.row == rowComma && n.sign == 0 && n.introduce == nil {
		n.row, n.heldRun = rowHeld, runNone
		n.after(false)
		return
	}
	n.settle()
	n.mark('(', shapeOpen)
	n.row, n.collapsed = rowOpen, false
	n.after(false)
}

// close takes a closing parenthesis.
func (n *normal) close() {
	if n.sign != 0 || n.introduce != nil {
		n.settle()
	}
	if n.row == rowHeld {
		if n.heldRun == n.rowRun {
			n.row = rowClosed
			n.collapse()
			n.after(true)
			return
		}
		n.releaseRow()
	}
	if n.row == rowOpen && (n.run == runOne || n.run == runMany) {
		n.row, n.rowRun, n.run = rowClosed, n.run, runNone
	} else {
		n.settle()
	}
	n.mark(')', shapeClose)
	n.after(true)
}

// collapse writes ",..." behind the first row.
func (n *normal) collapse() {
	if n.collapsed {
		return
	}
	n.collapsed = true
	n.dots()
}

// ellipsis takes the "..." of a text that is in normal form already: it stands behind a comma.
func (n *normal) ellipsis(l *lexer) {
	switch {
	case n.row == rowComma:
		n.row = rowClosed
		n.collapse()
	case n.row == rowHeld && n.heldRun != runNone:
		n.heldRun = runMany
	case n.row != rowHeld && n.run == runOneComma:
		n.dots()
		n.run = runMany
	case n.row != rowHeld && n.run == runManyComma:
		n.run = runMany
	default:
		n.settle()
		n.operator(l)
		return
	}
	n.after(true)
}

// holdSign takes a plus or minus, and holds it back if it may be that of a literal.
func (n *normal) holdSign(l *lexer) {
	if n.binary || n.introduce != nil || n.sign != 0 {
		n.settle()
		n.operator(l)
		n.binary = true
		return
	}
	if !n.continues() {
		n.settle()
	}
	n.sign = l.sql[l.start]
	n.joined, n.last = false, nil
}

// holdIntroducer takes a word that may be the character set of a literal.
func (n *normal) holdIntroducer(b []byte) {
	if n.introduce != nil || !n.continues() {
		n.settle()
	}
	n.introduce = b
	n.after(true)
}

// continues reports whether a literal here would go on with what is held back.
func (n *normal) continues() bool {
	switch n.row {
	case rowHeld:
		return n.heldRun != runOne && n.heldRun != runMany
	case rowClosed, rowComma:
		return false
	}
	return n.run != runOne && n.run != runMany
}

// settle writes what is held back: no list goes on here.
func (n *normal) settle() {
	if n.row == rowHeld {
		n.releaseRow()
	}
	if n.row == rowComma || n.run == runOneComma || n.run == runManyComma {
		n.mark(',', shapeComma)
	}
	n.row, n.run = rowNone, runNone
	if n.sign != 0 {
		n.token([]byte{n.sign}, 0, 1, shapeOperator)
		n.sign = 0
	}
	if n.introduce != nil {
		n.token(n.introduce, 0, len(n.introduce), shapeOperand)
		n.introduce = nil
	}
}

// releaseRow writes the row that is held back, so that it is the first one of its kind, still open.
func (n *normal) releaseRow() {
	n.mark(',', shapeComma)
	n.mark('(', shapeOpen)
	if n.heldRun != runNone {
		n.mark('?', shapeOperand)
	}
	if n.heldRun >= runMany {
		n.dots()
	}
	n.row, n.run, n.collapsed = rowOpen, n.heldRun, false
}
