package digest

// normal makes the normal form of a sequence of tokens: its hash, and its text if asked for. What may yet turn out to
// belong to a list or a literal is held back, which is never more than `,(?,...,` and a sign and an introducer.
type normal struct {
	hash  uint64
	text  []byte
	write bool // text is wanted
	shape shape
	held  held

	rowRun    run    // what the rows that were closed have: runOne or runMany
	heldRun   run    // of the row that is held back
	collapsed bool   // ",..." was written for the row
	binary    bool   // a sign here is an operator
	joined    bool   // the token before was a string: another one continues it
	keepNull  bool   // NULL here is a keyword
	semicolon bool   // held back
	introduce []byte // the introducer, if held says so
}

// held is what is held back, or may go on.
type held struct {
	row       row  // of the values in parentheses
	run       run  // of values, in the row that is not held back
	sign      byte // 0: none
	introduce bool // there is an introducer
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
		k := l.word
		if k != nil && k.word == wordNull && !n.keepNull {
			n.value(tokNumber)
			return
		}
		n.settle()
		if k == nil || k.plain {
			n.word(l)
		} else {
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

// after notes what the next token stands behind: binary if behind an operand.
func (n *normal) after(binary bool) {
	n.binary, n.joined, n.keepNull = binary, false, false
}

// value takes a literal or placeholder.
func (n *normal) value(t token) {
	if n.joined && t == tokString {
		return
	}
	if n.held.introduce && t == tokParam {
		n.settle()
	}
	n.held.sign, n.held.introduce = 0, false
	if n.held.row == rowHeld && !n.heldRun.add() {
		n.releaseRow()
	}
	switch {
	case n.held.row == rowHeld:
	case n.held.run == runOneComma:
		n.dots()
		n.held.run = runMany
	case n.held.run == runManyComma:
		n.held.run = runMany
	default:
		if n.held.run != runNone || n.held.row >= rowClosed {
			n.settle()
		}
		n.mark('?', shapeOperand)
		n.held.run = runOne
	}
	n.binary, n.joined, n.keepNull = true, t == tokString, false
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
	if n.held.sign != 0 || n.held.introduce {
		n.settle()
	}
	if n.held.row == rowHeld {
		if n.heldRun == runOne || n.heldRun == runMany {
			n.heldRun++
			n.after(false)
			return
		}
		n.releaseRow()
	}
	switch {
	case n.held.run == runOne || n.held.run == runMany:
		n.held.run++
	case n.held.row == rowClosed:
		n.held.row = rowComma
	default:
		n.settle()
		n.mark(',', shapeComma)
	}
	n.after(false)
}

// open takes an opening parenthesis.
func (n *normal) open() {
	if n.held.row == rowComma && n.held.sign == 0 && !n.held.introduce {
		n.held.row, n.heldRun = rowHeld, runNone
		n.after(false)
		return
	}
	n.settle()
	n.mark('(', shapeOpen)
	n.held.row, n.collapsed = rowOpen, false
	n.after(false)
}

// close takes a closing parenthesis.
func (n *normal) close() {
	if n.held.sign != 0 || n.held.introduce {
		n.settle()
	}
	if n.held.row == rowHeld {
		if n.heldRun == n.rowRun {
			n.held.row = rowClosed
			n.collapse()
			n.after(true)
			return
		}
		n.releaseRow()
	}
	if n.held.row == rowOpen && (n.held.run == runOne || n.held.run == runMany) {
		n.held.row, n.rowRun, n.held.run = rowClosed, n.held.run, runNone
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
	case n.held.row == rowComma:
		n.held.row = rowClosed
		n.collapse()
	case n.held.row == rowHeld && n.heldRun != runNone:
		n.heldRun = runMany
	case n.held.row != rowHeld && n.held.run == runOneComma:
		n.dots()
		n.held.run = runMany
	case n.held.row != rowHeld && n.held.run == runManyComma:
		n.held.run = runMany
	default:
		n.settle()
		n.operator(l)
		return
	}
	n.after(true)
}

// holdSign takes a plus or minus, and holds it back if it may be that of a literal.
func (n *normal) holdSign(l *lexer) {
	if n.binary || n.held.introduce || n.held.sign != 0 {
		n.settle()
		n.operator(l)
		n.binary = true
		return
	}
	if !n.continues() {
		n.settle()
	}
	n.held.sign = l.sql[l.start]
	n.joined, n.keepNull = false, false
}

// holdIntroducer takes a word that may be the character set of a literal.
func (n *normal) holdIntroducer(b []byte) {
	if n.held.introduce || !n.continues() {
		n.settle()
	}
	n.introduce, n.held.introduce = b, true
	n.after(true)
}

// continues reports whether a literal here would go on with what is held back.
func (n *normal) continues() bool {
	switch n.held.row {
	case rowHeld:
		return n.heldRun != runOne && n.heldRun != runMany
	case rowClosed, rowComma:
		return false
	}
	return n.held.run != runOne && n.held.run != runMany
}

// settle writes what is held back: no list goes on here.
func (n *normal) settle() {
	if n.held != (held{}) {
		n.release()
	}
}

// release is settle when there is something.
func (n *normal) release() {
	if n.held.row == rowHeld {
		n.releaseRow()
	}
	if n.held.row == rowComma || n.held.run == runOneComma || n.held.run == runManyComma {
		n.mark(',', shapeComma)
	}
	if n.held.sign != 0 {
		n.token([]byte{n.held.sign}, 0, 1, shapeOperator)
	}
	if n.held.introduce {
		n.token(n.introduce, 0, len(n.introduce), shapeOperand)
	}
	n.held = held{}
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
	n.held.row, n.held.run, n.collapsed = rowOpen, n.heldRun, false
}
