package digest

import (
	"encoding/binary"
	"math/bits"
)

// Options are the settings of a session that change where its literals and names end.
type Options uint8

const (
	AnsiQuotes         Options = 1 << iota // sql_mode ANSI_QUOTES: "x" is a name
	NoBackslashEscapes                     // sql_mode NO_BACKSLASH_ESCAPES
	DoubleByte                             // character_set_client is gbk, gb18030 or big5: second bytes may look like quotes and backslashes
	ShiftJIS                               // character_set_client is sjis or cp932: likewise
)

// multibyte is the character sets in which a quote or backslash may be the second byte of a character. The others that
// servers accept from clients have no such character.
const multibyte = DoubleByte | ShiftJIS

// token is a kind of token.
type token uint8

const (
	tokEnd        token = iota // the text ended
	tokWord                    // a word; lexer.word is its keyword, if it is one and follows no dot
	tokIntroducer              // a word that begins with "_"
	tokQuoted                  // a name in backquotes, or in double quotes under AnsiQuotes
	tokString                  // 'x', "x", N'x'
	tokNumber                  // 1, 1.5e3, 0x1F, 0b1, X'1F', B'1', \N
	tokParam                   // ?
	tokUserVar                 // @name in any form, or the host of an account
	tokSysVar                  // @@ and the word or quoted name that follows
	tokOp                      // any operator of one to three characters that is not below
	tokSign                    // + or -
	tokAssign                  // :=
	tokColon                   // :
	tokComma                   // ,
	tokOpen                    // (
	tokClose                   // )
	tokDot                     // . behind a name
	tokEllipsis                // ... behind a comma, as the normal form has it
	tokSemicolon               // ;
	tokOther                   // what no statement has: a control character, a backslash, a dot behind no name
)

// lexer splits a text into tokens as the servers do, and skips what is between them. The zero value with sql and opts
// set is ready. A copy of it looks ahead.
type lexer struct {
	sql   []byte
	opts  Options
	tok   token    // the current token, as next returned it
	start int      // where it begins
	pos   int      // where it ends
	word  *keyword // of a tokWord
	piece uint64   // of a tokWord: its first eight bytes, as load returns them

	inside     bool  // an executable comment
	commentEnd int   // where servers that skip it end it; 0: none skips it
	flags      Flags // ExecutableComment, SetVarHint, Uncertain
}

// bytes is the current token's text, a view of sql.
func (l *lexer) bytes() []byte { return l.sql[l.start:l.pos] }

// is reports whether the current token is the word w.
func (l *lexer) is(w word) bool { return l.tok == tokWord && l.word != nil && l.word.word == w }

// set makes t the current token.
func (l *lexer) set(t token, start, end int) token {
	l.tok, l.start, l.pos = t, start, end
	return t
}

// next moves to the next token and returns its kind.
func (l *lexer) next() token {
	sql := l.sql
	i := l.pos
	for i < len(sql) {
		c := sql[i]
		switch classes[c] {
		case classSpace:
			i++
		case classLetter:
			return l.wordAt(i)
		case classLetterOrLiteral:
			if i+1 < len(sql) && sql[i+1] == '\'' && l.tok != tokDot {
				return l.prefixed(i)
			}
			return l.wordAt(i)
		case classUnderscore:
			if l.tok == tokDot {
				return l.wordAt(i)
			}
			return l.set(tokIntroducer, i, l.wordEnd(i+1))
		case classDollar:
			return l.dollar(i)
		case classDigit:
			return l.number(i)
		case classDot:
			return l.dot(i)
		case classComma:
			return l.set(tokComma, i, i+1)
		case classOpen:
			return l.set(tokOpen, i, i+1)
		case classClose:
			return l.set(tokClose, i, i+1)
		case classSemicolon:
			return l.set(tokSemicolon, i, i+1)
		case classParam:
			return l.set(tokParam, i, i+1)
		case classQuote:
			if c == '"' && l.opts&AnsiQuotes != 0 {
				return l.set(tokQuoted, i, l.nameEnd(i+1, c))
			}
			return l.set(tokString, i, l.stringEnd(i+1, c))
		case classBackquote:
			return l.set(tokQuoted, i, l.nameEnd(i+1, c))
		case classAt:
			return l.variable(i)
		case classOp:
			return l.operator(i)
		case classPlus:
			return l.set(tokSign, i, i+1)
		case classMinus:
			if end, ok := l.dashComment(i); ok {
				i = end
			} else if i+1 < len(sql) && sql[i+1] == '>' {
				return l.operator(i)
			} else {
				return l.set(tokSign, i, i+1)
			}
		case classHash:
			i = l.lineEnd(i)
		case classSlash:
			if i+1 == len(sql) || sql[i+1] != '*' {
				return l.set(tokOp, i, i+1)
			}
			i = l.comment(i)
		case classStar:
			if !l.inside || i+1 == len(sql) || sql[i+1] != '/' {
				return l.set(tokOp, i, i+1)
			}
			i += 2
			l.endExecutable(i)
		case classBackslash:
			if i+1 < len(sql) && sql[i+1] == 'N' { // NULL; MySQL 8 knows it no more
				return l.set(tokNumber, i, i+2)
			}
			return l.set(tokOther, i, i+1)
		default:
			l.flags |= Uncertain
			return l.set(tokOther, i, i+1)
		}
	}
	if l.inside {
		l.inside = false
		l.flags |= Uncertain
	}
	return l.set(tokEnd, len(sql), len(sql))
}

// wordAt reads the word at i. After a dot it is a name, whatever it is.
func (l *lexer) wordAt(i int) token {
	sql := l.sql
	if i+8 <= len(sql) && l.opts&multibyte == 0 {
		v := binary.LittleEndian.Uint64(sql[i:])
		if ends := notInWord(v); ends != 0 {
			n := bits.TrailingZeros64(ends) / 8
			l.piece = v & (1<<(8*n) - 1)
			l.word = nil
			if l.tok != tokDot {
				l.word = words.short(l.piece, n)
			}
			return l.set(tokWord, i, i+n)
		}
	}
	end := l.wordEnd(i)
	l.piece = load(sql, i, end-i)
	l.word = nil
	if l.tok != tokDot {
		l.word = words.find(sql, i, end)
	}
	return l.set(tokWord, i, end)
}

// nameAt reads the word at i, which no keyword is like.
func (l *lexer) nameAt(i, end int) token {
	l.piece = load(l.sql, i, end-i)
	l.word = nil
	return l.set(tokWord, i, end)
}

// wordEnd returns the end of the word that has a character before i.
func (l *lexer) wordEnd(i int) int {
	if l.opts&multibyte != 0 {
		return l.wideWordEnd(i)
	}
	for ; i+8 <= len(l.sql); i += 8 {
		if ends := notInWord(binary.LittleEndian.Uint64(l.sql[i:])); ends != 0 {
			return i + bits.TrailingZeros64(ends)/8
		}
	}
	for i < len(l.sql) && inWord[l.sql[i]] {
		i++
	}
	return i
}

// operator reads an operator. Every sequence of these characters that a server reads as one token is one here.
func (l *lexer) operator(i int) token {
	var next, after byte
	if i+1 < len(l.sql) {
		next = l.sql[i+1]
	}
	if i+2 < len(l.sql) {
		after = l.sql[i+2]
	}
	n := 1
	switch c := l.sql[i]; c {
	case ':':
		if next == '=' {
			return l.set(tokAssign, i, i+2)
		}
		return l.set(tokColon, i, i+1)
	case '<':
		switch {
		case next == '=' && after == '>':
			n = 3
		case next == '=' || next == '>' || next == '<':
			n = 2
		}
	case '>':
		if next == '=' || next == '>' {
			n = 2
		}
	case '!':
		if next == '=' {
			n = 2
		}
	case '|', '&':
		if next == c {
			n = 2
		}
	case '-':
		n = 2 // next is known to be '>'.
		if after == '>' {
			n = 3
		}
	}
	return l.set(tokOp, i, i+n)
}

// dot reads what begins with a dot. Between names it is a token of its own, else a number unless blanks follow.
func (l *lexer) dot(i int) token {
	sql := l.sql
	name := l.tok == tokWord || l.tok == tokIntroducer || l.tok == tokQuoted || l.tok == tokSysVar
	switch {
	case name && l.pos == i:
		return l.set(tokDot, i, i+1)
	case i+1 < len(sql) && classes[sql[i+1]] == classDigit:
		return l.set(tokNumber, i, l.fraction(i+1))
	case name:
		return l.set(tokDot, i, i+1)
	case l.tok == tokComma && i+2 < len(sql) && sql[i+1] == '.' && sql[i+2] == '.':
		return l.set(tokEllipsis, i, i+3)
	}
	return l.set(tokOther, i, i+1)
}

// variable reads @name, @'name', @`name`, @@name and @@`name`.
func (l *lexer) variable(i int) token {
	sql, p, t := l.sql, i+1, tokUserVar
	if p < len(sql) && sql[p] == '@' {
		p, t = p+1, tokSysVar
	}
	if p == len(sql) {
		return l.set(t, i, p)
	}
	switch c := sql[p]; {
	case c == '`':
		p = l.nameEnd(p+1, c)
	case t == tokSysVar:
		p = l.wordEnd(p)
	case c == '"' && l.opts&AnsiQuotes != 0:
		p = l.nameEnd(p+1, c)
	case c == '"' || c == '\'':
		p = l.stringEnd(p+1, c)
	default:
		for p < len(sql) && (inWord[sql[p]] || sql[p] == '.') {
			p = max(l.wordEnd(p), p+1)
		}
	}
	return l.set(t, i, p)
}
