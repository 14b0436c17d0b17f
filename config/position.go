package config

import (
	"bytes"
	"strconv"
	"strings"
)

// The TOML library says where a document is not TOML, but not on which line the keys of a good one stand. So a good
// document is scanned a second time, for nothing but the lines: the result is a tree of nodes with the document's
// shape. The scanner knows just enough of TOML not to be misled by strings, comments, inline tables and arrays that
// span lines. It is only given what the library accepted; on anything else it ends, with lines of little worth.

// node is a key, a table or an array element of the document.
type node struct {
	line  int  // 0: not known.
	given bool // The document has it.
	bad   bool // A problem was found with it, so that others need not be looked for.
	keys  map[string]*node
	elems []*node
}

// key returns the node of a key of n. A key that the document lacks gets one on the line of n.
func (n *node) key(name string) *node {
	if k := n.keys[name]; k != nil {
		return k
	}
	if n.keys == nil {
		n.keys = make(map[string]*node)
	}
	k := &node{line: n.line}
	n.keys[name] = k
	return k
}

// elem returns the node of an array element of n, or n itself when there is no such element.
func (n *node) elem(i int) *node {
	if i < len(n.elems) {
		return n.elems[i]
	}
	return n
}

// enter returns the table that a part of a dotted key or header leads to: the last element when name is an array.
func (n *node) enter(name string, line int) *node {
	k := n.key(name)
	if !k.given {
		k.given, k.line = true, line
	}
	if len(k.elems) > 0 {
		return k.elems[len(k.elems)-1]
	}
	return k
}

// add appends an element to n.
func (n *node) add(line int) *node {
	e := &node{line: line, given: true}
	n.elems = append(n.elems, e)
	return e
}

// withoutBOM is the document without the mark of its encoding, as the TOML library counts.
func withoutBOM(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) }

// scanLines returns the tree of a document that is good TOML.
func scanLines(data []byte) *node {
	s := lineScanner{src: withoutBOM(data), line: 1}
	root := new(node)
	table := root
	for s.skipBlank(); s.pos < len(s.src); s.skipBlank() {
		if s.peek() == '[' {
			table = s.header(root)
		} else if !s.keyValue(table) {
			break
		}
	}
	return root
}

// lineScanner walks over a document; line is the line of src[pos].
type lineScanner struct {
	src  []byte
	pos  int
	line int
}

// peek returns the next byte, 0 at the end.
func (s *lineScanner) peek() byte {
	if s.pos < len(s.src) {
		return s.src[s.pos]
	}
	return 0
}

// take consumes the next byte if it is c.
func (s *lineScanner) take(c byte) bool {
	if s.pos < len(s.src) && s.src[s.pos] == c {
		s.advance(1)
		return true
	}
	return false
}

// advance consumes n bytes and counts their line ends.
func (s *lineScanner) advance(n int) {
	end := min(s.pos+n, len(s.src))
	s.line += bytes.Count(s.src[s.pos:end], []byte{'\n'})
	s.pos = end
}

// skipBlank consumes white space, line ends and comments.
func (s *lineScanner) skipBlank() {
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.advance(1)
		case '#':
			s.skipUntil("\n")
		default:
			return
		}
	}
}

// skipUntil consumes up to, and without, the next byte that is one of stops.
func (s *lineScanner) skipUntil(stops string) {
	n := bytes.IndexAny(s.src[s.pos:], stops)
	if n < 0 {
		n = len(s.src)
	}
	s.advance(n)
}

// header reads [a.b] or [[a.b]] and returns the table that it opens.
func (s *lineScanner) header(root *node) *node {
	line := s.line
	s.take('[')
	array := s.take('[')
	parts := s.dottedKey()
	s.skipUntil("\n")
	if len(parts) == 0 {
		return root
	}
	n := root
	for _, part := range parts[:len(parts)-1] {
		n = n.enter(part, line)
	}
	last := parts[len(parts)-1]
	if array {
		k := n.key(last)
		if !k.given {
			k.given, k.line = true, line
		}
		return k.add(line)
	}
	n = n.enter(last, line)
	n.line = line
	return n
}

// keyValue reads a.b = value into table; false when there is no such thing.
func (s *lineScanner) keyValue(table *node) bool {
	line := s.line
	parts := s.dottedKey()
	if len(parts) == 0 || !s.take('=') {
		return false
	}
	n := table
	for _, part := range parts {
		n = n.enter(part, line)
	}
	s.value(n)
	return true
}

// dottedKey reads the parts of a key, and the white space around them.
func (s *lineScanner) dottedKey() []string {
	var parts []string
	for {
		s.skipBlank()
		start := s.pos
		switch s.peek() {
		case '"':
			s.quoted()
			raw := string(s.src[start:s.pos])
			part, err := strconv.Unquote(raw)
			if err != nil { // An escape that TOML has and Go lacks: its key gets the line of its table.
				part = strings.Trim(raw, `"`)
			}
			parts = append(parts, part)
		case '\'':
			s.quoted()
			parts = append(parts, strings.Trim(string(s.src[start:s.pos]), "'"))
		default:
			s.skipUntil(" \t\r\n.=]#\"'")
			if s.pos == start {
				return parts
			}
			parts = append(parts, string(s.src[start:s.pos]))
		}
		s.skipBlank()
		if !s.take('.') {
			return parts
		}
	}
}

// value reads a value and notes the elements and keys in it under n.
func (s *lineScanner) value(n *node) {
	s.skipBlank()
	switch s.peek() {
	case '"', '\'':
		s.quoted()
	case '[':
		s.array(n)
	case '{':
		s.inlineTable(n)
	default:
		s.skipUntil(",]}#\n")
	}
}

// array reads [value, ...].
func (s *lineScanner) array(n *node) {
	s.take('[')
	for s.skipBlank(); s.pos < len(s.src) && !s.take(']'); s.skipBlank() {
		start := s.pos
		s.value(n.add(s.line))
		s.skipBlank()
		s.take(',')
		if s.pos == start {
			return
		}
	}
}

// inlineTable reads {key = value, ...}.
func (s *lineScanner) inlineTable(n *node) {
	s.take('{')
	for s.skipBlank(); s.pos < len(s.src) && !s.take('}'); s.skipBlank() {
		if !s.keyValue(n) {
			return
		}
		s.skipBlank()
		s.take(',')
	}
}

// quoted reads a string: basic or literal, on one line or many. One of many lines may end in up to two quotes that
// belong to it.
func (s *lineScanner) quoted() {
	quote := s.peek()
	triple := strings.Repeat(string(quote), 3)
	if bytes.HasPrefix(s.src[s.pos:], []byte(triple)) {
		s.advance(3)
		s.untilQuote(quote, triple)
		for range 2 {
			s.take(quote)
		}
		return
	}
	s.advance(1)
	s.untilQuote(quote, string(quote))
}

// untilQuote consumes up to and with end, passing over escaped characters where quote knows escapes.
func (s *lineScanner) untilQuote(quote byte, end string) {
	for s.pos < len(s.src) {
		switch {
		case quote == '"' && s.src[s.pos] == '\\':
			s.advance(2)
		case bytes.HasPrefix(s.src[s.pos:], []byte(end)):
			s.advance(len(end))
			return
		default:
			s.advance(1)
		}
	}
}
