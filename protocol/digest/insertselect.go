package digest

// What begins a query, and what announces values, in an INSERT.
var (
	queryWords = [...]string{"SELECT", "TABLE", "WITH"}
	valueWords = [...]string{"VALUES", "VALUE", "SET"}
)

// InsertsSelected reports whether an INSERT or REPLACE takes its rows from a query: a word that begins one comes before those that announce
// values.
func InsertsSelected(sql []byte, o Options) bool {
	l := lexer{sql: sql, opts: o}
	depth := 0
	for {
		switch l.next() {
		case tokEnd:
			return false
		case tokOpen:
			depth++
		case tokClose:
			depth--
		case tokWord:
			switch word := l.bytes(); {
			case isOne(queryWords[:], word):
				return true
			case isOne(valueWords[:], word) && (depth == 0 || len(word) != len("VALUE")): // VALUE may be a column
				return false
			}
		}
	}
}
