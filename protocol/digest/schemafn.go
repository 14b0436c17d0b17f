package digest

import "bytes"

// AsksSchema reports whether a statement calls DATABASE() or SCHEMA(): what it computes depends on the schema it runs in even where it names
// the schema of every table.
func AsksSchema(sql []byte, o Options) bool {
	l := lexer{sql: sql, opts: o}
	asks := false // the token before is the function's name
	for {
		switch l.next() {
		case tokEnd:
			return false
		case tokWord:
			name := l.bytes()
			asks = bytes.EqualFold(name, []byte("database")) || bytes.EqualFold(name, []byte("schema"))
			continue
		case tokOpen:
			if asks {
				return true
			}
		}
		asks = false
	}
}
