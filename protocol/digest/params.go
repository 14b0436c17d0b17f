package digest

// AssignedParams calls each with the number, from 0 on, of every parameter that is all that a variable is assigned: @a := ?, or SET a = ?.
func AssignedParams(sql []byte, o Options, each func(i int)) {
	l := lexer{sql: sql, opts: o}
	named := l.next() == tokWord && l.is(wordSet) // what comes up to an equals sign is a name
	set := named
	depth, params := 0, 0
	assigned := false // the token before assigns
	for l.tok != tokEnd {
		was := assigned
		assigned = false
		switch l.tok {
		case tokOpen:
			depth++
		case tokClose:
			depth--
		case tokComma:
			named = set && depth == 0
		case tokAssign:
			assigned, named = true, false
		case tokOp:
			if named && string(l.bytes()) == "=" {
				assigned, named = true, false
			}
		case tokParam:
			if l.next(); was && l.tok != tokOp && l.tok != tokSign {
				each(params)
			}
			params++
			continue
		}
		l.next()
	}
}
