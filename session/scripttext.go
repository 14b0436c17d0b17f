package session

import (
	"parkway/protocol"
	"parkway/protocol/digest"
)

// A script's text in place of the client's. What is known of the statement from then on is known of that text.

// asSent is the command p as it goes to the server: what the script has put in its place, or itself.
func (s *Session) asSent(p []byte) []byte {
	if s.script != nil && len(s.script.sent) > 0 {
		return s.script.sent
	}
	return p
}

// replaceText makes sql the text of the command under way. ok is false if that cannot be sent: n bytes of the command are used.
func (s *Session) replaceText(sql string, p []byte, whole bool) (n int, ok bool) {
	switch limit := s.worker.proxy.settings.Load().MaxAllowedPacket; {
	case !whole:
		s.refusal = protocol.NewERR(protocol.ErrCodeNotSupportedYet,
			"parkway: the script rewrites a statement of more than %d bytes, which is not supported", holdSize)
		return s.refuse(p, whole), false
	case int64(len(sql)+len(p)) >= min(limit, protocol.MaxPayload): // its query attributes are at most as long as p
		s.refusal = protocol.NewERR(protocol.ErrCodePacketTooLarge, "parkway: the script's statement is larger than 'max_allowed_packet' (%d)", limit)
		return s.refuse(p, whole), false
	}
	sc := s.scriptOf()
	dst, start := protocol.BeginPacket(sc.sent[:0])
	dst = append(dst, s.beforeText(p)...)
	text := len(dst)
	sc.sent = protocol.EndPacket(append(dst, sql...), start, 0)
	switch found := s.findsKill(sc.sent[text:]); {
	case found.Has(digest.KillStmt):
		return s.refuseKill(p, whole), false
	case found != 0:
		sc.sent = s.appendRewritten(nil, sc.sent, sc.sent[text:], (*Session).writeOwnID)
	}
	s.examine(sc.sent, true)
	s.now.sql = nil
	if s.refusal != nil {
		return s.refuse(p, whole), false
	}
	return 0, true
}

// beforeText is what stands before the text in the payload of the command p, which is whole.
func (s *Session) beforeText(p []byte) []byte {
	body := p[protocol.HeaderLen:]
	if s.command == protocol.ComQuery {
		if sql, err := protocol.QueryText(body, s.caps); err == nil {
			return body[:len(body)-len(sql)]
		}
		return protocol.AppendQueryHead(nil, s.caps)
	}
	return body[:1]
}
