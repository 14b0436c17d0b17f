package session

import (
	"parkway/protocol"
	"parkway/protocol/digest"
)

// KILL by text. A client knows its own and others' connections by the proxy's
// ids; a server would take the number for one of its own, and end a stranger's
// statement.

// query is COM_QUERY, prepare COM_STMT_PREPARE.
func (s *Session) query(p []byte, whole bool) int {
	sql, err := protocol.QueryText(p[protocol.HeaderLen:], s.caps)
	if err != nil {
		return s.forward(p, whole) // for the server to say what is wrong with it
	}
	return s.forwardUnlessKill(p, sql, whole)
}

func (s *Session) prepare(p []byte, whole bool) int {
	return s.forwardUnlessKill(p, p[protocol.HeaderLen+1:], whole)
}

func (s *Session) forwardUnlessKill(p, sql []byte, whole bool) int {
	if !kills(sql) {
		return s.forward(p, whole)
	}
	s.refusal = protocol.NewERR(protocol.ErrCodeNotSupportedYet, "parkway: KILL is not supported: connection ids of the proxy are not the server's")
	return s.refuse(p, whole)
}

// kills reports whether a text has a KILL statement. Of a text that is passed on
// in parts, only the beginning is looked at.
func kills(sql []byte) bool {
	for i := 0; i+4 <= len(sql); i++ {
		if sql[i]|0x20 == 'k' && sql[i+1]|0x20 == 'i' && sql[i+2]|0x20 == 'l' && sql[i+3]|0x20 == 'l' {
			return digest.Scan(sql, 0).Flags.Has(digest.KillStmt)
		}
	}
	return false
}
