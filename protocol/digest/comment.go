package digest

import "bytes"

// lineEnd returns the end of the line that i is in.
func (l *lexer) lineEnd(i int) int {
	if n := bytes.IndexByte(l.sql[i:], '\n'); n >= 0 {
		return i + n + 1
	}
	return len(l.sql)
}

// dashComment returns the end of the comment that the minus sign at i begins, if it begins one: a second sign, and
// white space, a control character or nothing must follow.
func (l *lexer) dashComment(i int) (end int, ok bool) {
	sql := l.sql
	if i+1 >= len(sql) || sql[i+1] != '-' {
		return i, false
	}
	if i+2 < len(sql) && sql[i+2] > ' ' && sql[i+2] != 0x7F {
		return i, false
	}
	return l.lineEnd(i + 1), true
}

// comment returns where to go on after the "/*" at i: after the comment, or in it if it is executable.
func (l *lexer) comment(i int) int {
	rest := l.sql[i+2:]
	switch {
	case bytes.HasPrefix(rest, []byte("!")):
		return l.executable(i+3, false)
	case bytes.HasPrefix(rest, []byte("M!")):
		return l.executable(i+4, true)
	}
	n := bytes.Index(rest, []byte("*/"))
	if n < 0 {
		l.flags |= Uncertain
		return len(l.sql)
	}
	if n > 0 && rest[0] == '+' {
		l.hints(rest[1:n])
	}
	return i + 2 + n + 2
}

// executable enters the executable comment whose content begins at i, maybe with a version, and returns where its
// text begins. mariadb tells that MySQL sees a simple comment.
//
// A server that the version is too high for skips the comment, and ends it elsewhere than one that reads it if there
// are ends of comments in literals, or literals without end: Uncertain. Servers don't nest executable comments.
func (l *lexer) executable(i int, mariadb bool) int {
	if l.inside {
		l.flags |= Uncertain
	}
	l.flags |= ExecutableComment
	l.inside, l.commentEnd = true, 0
	text := min(digits(l.sql, i), i+6)
	if text < i+5 {
		text = i
	}
	if (text > i || mariadb) && l.flags&Uncertain == 0 {
		l.commentEnd = i + skipped(l.sql[i:])
		if mariadb && l.commentEnd != i+bytes.Index(l.sql[i:], []byte("*/"))+2 {
			l.flags |= Uncertain
		}
	}
	return text
}

// skipped returns the end of an executable comment that is not executed: it may have simple comments in it.
func skipped(b []byte) int {
	i, inner := 0, false
	for {
		n := bytes.IndexAny(b[i:], "*/")
		if n < 0 || i+n+1 >= len(b) {
			return len(b)
		}
		i += n
		switch {
		case b[i] == '/' && b[i+1] == '*' && !inner:
			inner = true
			i += 2
		case b[i] == '*' && b[i+1] == '/' && inner:
			inner = false
			i += 2
		case b[i] == '*' && b[i+1] == '/':
			return i + 2
		default:
			i++
		}
	}
}

// endExecutable leaves the executable comment, which ended before i.
func (l *lexer) endExecutable(i int) {
	l.inside = false
	if l.commentEnd != 0 && l.commentEnd != i {
		l.flags |= Uncertain
	}
}

// hints looks at the content of an optimizer hint, which to most servers, and in most places to all, is a comment.
// MySQL ends it behind a quoted name that it began.
func (l *lexer) hints(b []byte) {
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '`' || c == '"' || c == '\'':
			n := bytes.IndexByte(b[i+1:], c)
			if n < 0 {
				l.flags |= Uncertain
				return
			}
			i += n + 1
		case c|0x20 == 's' && len(b)-i >= len("SET_VAR") && bytes.EqualFold(b[i:i+len("SET_VAR")], []byte("SET_VAR")):
			l.flags |= SetVarHint
		}
	}
}
