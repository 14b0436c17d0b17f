package scripting

import (
	"bytes"
	"net/url"
	"strings"
)

// annotations reads the key=value pairs of a statement's comments: /* tenant=7 route=reader */, and as sqlcommenter writes them:
// /*action='%2Fpay',tenant='7'*/. Comments in front of the statement, in it, and behind it; not hints and what servers execute (/*+ */, /*! */).
// each is called in their order.
func annotations(sql []byte, each func(key, value string)) {
	for i := 0; i < len(sql); {
		switch c := sql[i]; {
		case c == '\'' || c == '"' || c == '`':
			i = quotedEnd(sql, i)
		case c == '#' || c == '-' && bytes.HasPrefix(sql[i:], []byte("-- ")):
			n := bytes.IndexByte(sql[i:], '\n')
			if n < 0 {
				return
			}
			i += n
		case c == '/' && i+1 < len(sql) && sql[i+1] == '*':
			n := bytes.Index(sql[i+2:], []byte("*/"))
			if n < 0 {
				return
			}
			pairs(string(sql[i+2:i+2+n]), each)
			i += n + 4
		default:
			i++
		}
	}
}

// quotedEnd is the index behind the literal or name that begins at i.
func quotedEnd[T []byte | string](sql T, i int) int {
	quote := sql[i]
	for i++; i < len(sql); i++ {
		switch {
		case sql[i] == '\\' && quote != '`':
			i++
		case sql[i] == quote:
			return i + 1
		}
	}
	return len(sql)
}

// pairs reads one comment. What is no pair is skipped.
func pairs(comment string, each func(key, value string)) {
	if comment != "" && (comment[0] == '!' || comment[0] == '+' || strings.HasPrefix(comment, "M!")) {
		return
	}
	for {
		comment = strings.TrimLeft(comment, " \t\r\n,;")
		if comment == "" {
			return
		}
		n := strings.IndexAny(comment, "= \t\r\n,;'\"")
		if n <= 0 || comment[n] != '=' {
			if n = strings.IndexAny(comment, " \t\r\n,;"); n < 0 {
				return
			}
			comment = comment[n:]
			continue
		}
		key, rest := comment[:n], comment[n+1:]
		var value string
		if rest != "" && (rest[0] == '\'' || rest[0] == '"') {
			end := strings.IndexByte(rest[1:], rest[0])
			if end < 0 {
				return
			}
			value, comment = rest[1:1+end], rest[end+2:]
			if plain, err := url.PathUnescape(value); err == nil {
				value = plain
			}
		} else {
			end := strings.IndexAny(rest, " \t\r\n,;")
			if end < 0 {
				end = len(rest)
			}
			value, comment = rest[:end], rest[end:]
		}
		each(key, value)
	}
}
