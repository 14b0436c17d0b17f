package digest

// class is what a byte means where a token may begin.
type class uint8

const (
	classOther           class = iota // control characters: no token begins so
	classSpace                        // as the servers' isspace
	classLetter                       // and all bytes of characters beyond ASCII
	classLetterOrLiteral              // B, N, X: a literal if a quote follows
	classUnderscore
	classDollar
	classDigit
	classDot
	classComma
	classOpen
	classClose
	classSemicolon
	classParam
	classQuote
	classBackquote
	classAt
	classOp
	classPlus
	classMinus
	classHash
	classSlash
	classStar
	classBackslash
)

// classes is the class of each byte.
var classes = func() (t [256]class) {
	for _, c := range " \t\n\v\f\r" {
		t[c] = classSpace
	}
	for c := range t {
		switch {
		case inWord[c] && c >= '0' && c <= '9':
			t[c] = classDigit
		case inWord[c]:
			t[c] = classLetter
		}
	}
	for _, c := range "bBnNxX" {
		t[c] = classLetterOrLiteral
	}
	for _, c := range "!%&<=>^|~:{}[]" {
		t[c] = classOp
	}
	t['_'], t['$'], t['.'], t[','], t['('], t[')'] =
		classUnderscore, classDollar, classDot, classComma, classOpen, classClose
	t[';'], t['?'], t['\''], t['"'], t['`'], t['@'] =
		classSemicolon, classParam, classQuote, classQuote, classBackquote, classAt
	t['+'], t['-'], t['#'], t['/'], t['*'], t['\\'] =
		classPlus, classMinus, classHash, classSlash, classStar, classBackslash
	return t
}()

// inWord tells which bytes may be in a name without quotes.
var inWord = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$' || c >= 0x80
	}
	return t
}()
