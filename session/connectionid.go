package session

import (
	"bytes"

	"parkway/protocol/digest"
)

// CONNECTION_ID() and @@pseudo_thread_id: a client gets the proxy's id, which it
// was greeted with. The text is written anew where they stand in it.

// findsKill says which of KILL and CONNECTION_ID() a text has. A look for
// letters spares nearly all texts the scanner.
func (s *Session) findsKill(sql []byte) (f digest.Flags) {
	if hasKill(sql, 'k') || hasKill(sql, 'K') {
		f |= digest.KillStmt
	}
	if hasOwnID(sql) {
		f |= digest.ConnectionIDFn
	}
	if f != 0 {
		found := digest.Scan(sql, s.scanOptions()).Flags
		f &= found
		if found.Has(digest.IsLockFn) {
			f &^= digest.ConnectionIDFn // it is compared with what IS_USED_LOCK() returns, which is the server's id
		}
	}
	return f
}

// hasKill reports whether a text has the letters of KILL, beginning with k.
func hasKill(sql []byte, k byte) bool {
	for from := 0; ; from++ {
		i := bytes.IndexByte(sql[from:], k)
		if i < 0 {
			return false
		}
		if from += i; isAt(sql, from, "kill") {
			return true
		}
	}
}

// hasOwnID reports whether a text has the letters of CONNECTION_ID or
// PSEUDO_THREAD_ID.
func hasOwnID(sql []byte) bool {
	for from := 0; ; from++ {
		i := bytes.IndexByte(sql[from:], '_')
		if i < 0 {
			return false
		}
		from += i
		if isAt(sql, from-len("connection"), "connection_id") || isAt(sql, from-len("pseudo"), "pseudo_thread_id") {
			return true
		}
	}
}

// isAt reports whether a text has word, which is in lower case, at i in any
// case. '_' and DEL are alike, which does no harm here.
func isAt(sql []byte, i int, word string) bool {
	if i < 0 || len(sql)-i < len(word) {
		return false
	}
	for j := range len(word) {
		if sql[i+j]|0x20 != word[j]|0x20 {
			return false
		}
	}
	return true
}

// forwardOwnID passes on a statement that asks for the connection's id. One that
// is too long to be held is passed on as it is.
func (s *Session) forwardOwnID(p, sql []byte, whole bool) int {
	if !whole {
		return s.forward(p, whole)
	}
	w := s.worker
	w.rewritten = s.appendRewritten(w.rewritten[:0], p, sql, (*Session).writeOwnID)
	w.view.own = sql // which is what a script sees
	n := s.forward(w.rewritten, true)
	w.view.own = nil
	if n == 0 {
		return 0
	}
	return len(p)
}

// writeOwnID writes the session's id in place of what asks for the connection's.
func (s *Session) writeOwnID(t *rewriting) {
	t.replaceAll(digest.AppendConnectionID(t.out, t.sql, s.scanOptions(), s.id))
}
