package digest

import "bytes"

// AccessMode is what a START TRANSACTION says about its transaction.
type AccessMode uint8

// The access modes.
const (
	AccessUnsaid AccessMode = iota
	ReadOnly
	ReadWrite
)

// accessWords follow READ, and are in the order of the modes.
var (
	readWord    = [...]string{"READ"}
	accessWords = [...]string{ReadOnly: "ONLY", ReadWrite: "WRITE"}
)

// BeginsWith returns the access mode that a START TRANSACTION names, of several the last. It is for texts that begin with one (VerbBegin).
func BeginsWith(sql []byte, o Options) (mode AccessMode) {
	l := lexer{sql: sql, opts: o}
	read := false
	for {
		switch l.next() {
		case tokEnd:
			return mode
		case tokWord:
			word := l.bytes()
			for m, w := range accessWords {
				if read && bytes.EqualFold(word, []byte(w)) {
					mode = AccessMode(m)
				}
			}
			read = isOne(readWord[:], word)
		default:
			read = false
		}
	}
}
