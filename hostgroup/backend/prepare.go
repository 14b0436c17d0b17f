package backend

import (
	"parkway/hostgroup"
	"parkway/protocol"
	"parkway/protocol/sysvar"
)

// prepare runs what every connection needs after its login: the session
// trackers are turned on. What has to be asked for that is asked once per
// server.
func (b *Conn) prepare() {
	b.have = Have{Session: b.spec.Login.Session, Schema: b.spec.Login.Schema}
	switch t := b.spec.Server.Trackers(); {
	case !b.spec.Login.Shared || !b.caps.Has(protocol.ClientSessionTrack):
		b.init()
	case t == nil:
		b.askNames(0)
	default:
		b.begin(t)
	}
	b.nextOwn()
}

// begin makes a session that knows nothing yet what every session begins with.
func (b *Conn) begin(t *hostgroup.Trackers) {
	if t != nil && t.Query != nil {
		b.track(t)
	}
	b.init()
}

// askNames asks for the names of the server's session variables, in the i-th
// of the ways there are, and goes on with begin.
func (b *Conn) askNames(i int) {
	if i == len(sysvar.NamesQueries) {
		b.spec.Server.SetTrackers(new(hostgroup.Trackers))
		b.init()
		return
	}
	b.runQuery(sysvar.NamesQueries[i], func(packets [][]byte, refused *protocol.ERR) {
		if refused != nil {
			b.askNames(i + 1)
			return
		}
		list := sysvar.TrackList(firstColumn(packets))
		b.begin(&hostgroup.Trackers{Query: sysvar.AppendTrackerQuery(nil, list), List: list})
	})
}

// track turns the trackers on.
func (b *Conn) track(t *hostgroup.Trackers) {
	b.answer.WatchOK()
	b.runReported(string(t.Query), b.noteReleases, func(_ [][]byte, refused *protocol.ERR) {
		if refused != nil {
			b.spec.Server.SetTrackers(new(hostgroup.Trackers))
			b.have.Tracked = false
			return
		}
		if b.spec.Server.Trackers() == nil {
			b.spec.Server.SetTrackers(t)
		}
		b.have.Tracked, b.have.Bare = true, false
	})
}

// noteReleases takes a report of completion_type, where no session has set it.
func (b *Conn) noteReleases(ok *protocol.OK) {
	if !b.have.Session.CompletesAsTheServer() {
		return
	}
	for it := protocol.NewStateChanges(ok.StateChanges); it.Next(); {
		c := it.Change()
		if releases, told := sysvar.Releases(c.Name, c.Value); told && c.Type == protocol.TrackSystemVariables {
			b.have.Releases = releases
		}
	}
}

// retrack turns them on again after untrack.
func (b *Conn) retrack() {
	if t := b.spec.Server.Trackers(); t != nil && t.Query != nil {
		b.track(t)
	}
}

// untrack makes the trackers, which are on, what they are on a connection that is not shared.
func (b *Conn) untrack() {
	b.runQuery(sysvar.UntrackQuery, b.unless(func() { b.have.Bare = true }))
}
