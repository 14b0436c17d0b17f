package session

import (
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
)

// What a client can tell of the session trackers. The proxy has the server report more than a client asks for; a client that looks at
// @@session_track_system_variables, or says itself what is reported, must not find that. For such a statement the trackers are what they
// are on a connection of the client's own (backend.Want). Who only looked goes on sharing; who has set them has the connection to the end,
// or until a reset.

// scanTrackers looks at a statement that was scanned. It is true if changes that the statement makes may go unreported.
func (s *Session) scanTrackers(sql []byte) bool {
	info := &s.now.info
	if info.Flags.Has(digest.TrackersVar) && info.Verb == digest.VerbShow && !sysvar.ShowsTrackers(sql) {
		info.Flags &^= digest.TrackersVar
	}
	return info.Flags.Has(digest.TrackersVar) || s.backend != nil && s.backend.Have().Bare
}

// bare reports whether the statement under way needs the trackers to be the client's.
func (s *Session) bare() bool {
	info := &s.now.info
	switch {
	case s.mine.pins.Has(sysvar.Trackers):
		return true
	case info.Flags.Has(digest.TrackersVar):
		return info.Class == digest.ClassRead || info.Verb == digest.VerbSet // triggers of others must be heard of
	}
	return s.backend != nil && s.asks() && s.backend.Have().Bare // to change them is a statement that would be asked about
}

// setsTrackers reports whether the statement under way may say what is reported. The connection is the client's own from then on, and should be told
// nothing more: with the proxy's statements the server would report what is for the client.
func (s *Session) setsTrackers() bool {
	return s.now.info.Verb == digest.VerbSet && s.now.info.Flags.Has(digest.TrackersVar|digest.SetSystemVar)
}

// reportsTransactions reports whether the statement under way may begin to have transactions reported, by MySQL with the access mode of one
// before. There must be none that would end over it.
func (s *Session) reportsTransactions() bool {
	const lost = sysvar.InTransaction | sysvar.XA | sysvar.NextTransaction | sysvar.Savepoint | sysvar.LockTables
	return !s.isMariaDB() && s.setsTrackers() && s.mine.pins&lost == 0
}
