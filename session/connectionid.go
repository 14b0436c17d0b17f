package session

import (
	"bytes"

	"parkway/protocol"
	"parkway/protocol/digest"
)

// CONNECTION_ID() and @@pseudo_thread_id: a client gets the proxy's id, which it
// was greeted with. The text is written anew where they stand in it.

// looksFor says which of KILL and CONNECTION_ID() a text may have, at the price
// of a look for letters.
func looksFor(sql []byte) (f digest.Flags) {
	if has(sql, 'k', "kill", 0) || has(sql, 'K', "kill", 0) {
		f |= digest.KillStmt
	}
	if has(sql, '_', "connection_id", len("connection")) || has(sql, '_', "pseudo_thread_id", len("pseudo")) {
		f |= digest.ConnectionIDFn
	}
	return f
}

// has reports whether word, in lower case, is in a text in any case; c is its
// byte at.
func has(sql []byte, c byte, word string, at int) bool {
	for from := 0; ; from++ {
		i := bytes.IndexByte(sql[from:], c)
		if i < 0 {
			return false
		}
		from += i
		if start := from - at; start >= 0 && start+len(word) <= len(sql) && foldedEqual(sql[start:], word) {
			return true
		}
	}
}

// foldedEqual reports whether b begins with word but for case. '_' and DEL are
// alike too, which no keyword tells apart.
func foldedEqual(b []byte, word string) bool {
	for i := range len(word) {
		if b[i]|0x20 != word[i]|0x20 {
			return false
		}
	}
	return true
}

// finds says which of them a text really has. Only a text that may have one is
// scanned for it.
func (s *Session) finds(sql []byte) digest.Flags {
	maybe := looksFor(sql)
	if maybe == 0 {
		return 0
	}
	return maybe & digest.Scan(sql, s.scanOptions()).Flags
}

// forwardOwnID passes on a statement that asks for the connection's id. One that
// is too long to be held is passed on as it is.
func (s *Session) forwardOwnID(p, sql []byte, whole bool) int {
	if !whole {
		return s.forward(p, whole)
	}
	w := s.worker
	head := p[:len(p)-len(sql)]
	w.rewritten = digest.AppendConnectionID(append(w.rewritten[:0], head...), sql, s.scanOptions(), s.id)
	size := len(w.rewritten) - protocol.HeaderLen
	if size >= protocol.MaxPayload {
		return s.forward(p, whole)
	}
	w.rewritten[0], w.rewritten[1], w.rewritten[2] = byte(size), byte(size>>8), byte(size>>16)
	if s.forward(w.rewritten, true) == 0 {
		return 0
	}
	return len(p)
}
