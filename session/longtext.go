package session

import (
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// A text that is too long to be waited for is passed on as it comes. Where it goes is decided by its beginning; what it means for its connection
// by all of it, which is scanned as it passes. It is not there any more when the answer has come: what it assigns is unknown then.

// longText is a text that is being passed on.
type longText struct {
	scan *digest.Stream
	seen int64 // bytes of the command, headers included
}

// begin takes the first bytes of the command, of which the text begins with sql.
func (l *longText) begin(p, sql []byte, o digest.Options) {
	l.scan = digest.NewStream(o)
	l.seen = int64(len(p) - len(sql))
	l.add(sql)
}

// add takes more bytes of the command: text, and the headers of the packets after the first.
func (l *longText) add(p []byte) {
	const packet = protocol.HeaderLen + protocol.MaxPayload
	for len(p) > 0 {
		at := int(l.seen % packet)
		if at < protocol.HeaderLen {
			n := min(protocol.HeaderLen-at, len(p))
			p, l.seen = p[n:], l.seen+int64(n)
			continue
		}
		n := min(packet-at, len(p))
		l.scan.Add(p[:n])
		p, l.seen = p[n:], l.seen+int64(n)
	}
}

// follow begins to scan the text of the command that p is the first bytes of.
func (s *Session) follow(p []byte) {
	sql := p[protocol.HeaderLen+1:]
	switch s.command {
	case protocol.ComQuery:
		if text, err := protocol.QueryText(p[protocol.HeaderLen:], s.caps); err == nil {
			sql = text
		}
	case protocol.ComStmtPrepare:
	default:
		return
	}
	s.now.long = new(longText)
	s.now.long.begin(p, sql, s.now.options)
}

// followMore takes more of the command under way, if it is one with a long text.
func (s *Session) followMore(p []byte, whole bool) {
	if s.now.long == nil {
		return
	}
	s.now.long.add(p)
	if whole {
		s.endLong(s.now.long.scan.End())
	}
}

// endLong notes what the whole of a long text is, or what is known of it when it is answered before its end.
func (s *Session) endLong(info digest.Info) {
	s.now.long = nil
	info.Hash = s.now.info.Hash
	info.Flags |= s.now.info.Flags&digest.InsertSelect | digest.Partial | digest.StoredCall
	s.now.info = info
	if st := s.now.preparing; st != nil {
		st.Info = info
		s.mine.asksRows = s.mine.asksRows || info.Flags.Has(digest.RowCountFn)
	}
}

// cutLong notes that the text under way was answered before its end.
func (s *Session) cutLong() {
	if s.now.long != nil {
		info := s.now.info
		info.Flags |= digest.Uncertain
		s.endLong(info)
	}
}

// concludeLong is concludeText where the text is not at hand.
func (s *Session) concludeLong(e *sysvar.Event) {
	flags := s.now.info.Flags
	if flags.Has(digest.UserVarAssign) && (e.Ran() || e.Code != protocol.ErrCodeParse) {
		s.mine.vars.UserVars = s.worker.pool.Interner().UnknownUserVars()
	}
	e.UserVarsUnknown = !sysvar.UserVarsKnown(s.mine.vars.UserVars)
	if flags&(digest.SetNames|digest.SetSystemVar) != 0 && e.Ran() {
		e.PinVariable = true
		e.Trackers = e.Trackers || flags.Has(digest.TrackersVar)
	}
	s.noteObjects(e, nil)
}
