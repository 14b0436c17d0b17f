package session

import (
	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/scripting/hook"
)

// asking is a session as a script sees it, hook.Conn and hook.Query, and as it waits for one. What a script does not ask for costs nothing.
type asking Session

// commandView is the command that the script is being asked about, for the time of the call.
type commandView struct {
	packet []byte
	whole  bool
	own    []byte // the client's text, where packet has another one because of forwardOwnID; nil: that of packet
}

// ID is the connection id.
func (a *asking) ID() uint32 { return a.id }

// ClientAddr is the client's address.
func (a *asking) ClientAddr() string {
	if a.host == "" {
		a.host = (*Session)(a).clientHost()
	}
	return a.host
}

// ClientPort is the client's port.
func (a *asking) ClientPort() int {
	if a.conn.IsUnix() {
		return 0
	}
	return int(a.conn.Remote().Port())
}

// User is who has logged in, or is about to.
func (a *asking) User() string {
	switch {
	case a.login != nil:
		return a.login.name
	case a.user != nil:
		return a.user.Name
	}
	return ""
}

// Schema is the one in use.
func (a *asking) Schema() string { return a.mine.schema }

// Attributes calls each for the connection attributes.
func (a *asking) Attributes(each func(name, value string)) {
	if a.stay != nil {
		eachAttribute(a.stay.attributes, each)
	}
}

// Command is the command.
func (a *asking) Command() hook.Command {
	switch a.command {
	case protocol.ComStmtPrepare:
		return hook.ComStmtPrepare
	case protocol.ComStmtExecute, protocol.ComStmtBulkExecute:
		return hook.ComStmtExecute
	}
	return hook.ComQuery
}

// SQL is the text.
func (a *asking) SQL() []byte {
	v := &a.worker.view
	switch {
	case executes(a.command):
		return a.now.entry.Statement.SQL()
	case v.own != nil:
		return v.own
	case a.command == protocol.ComQuery:
		if sql, err := protocol.QueryText(v.packet[protocol.HeaderLen:], a.caps); err == nil {
			return sql
		}
	}
	return v.packet[protocol.HeaderLen+1:]
}

// Whole reports whether SQL is all of it.
func (a *asking) Whole() bool {
	if executes(a.command) {
		return !a.now.info.Flags.Has(digest.Partial)
	}
	return a.worker.view.whole
}

// Digest is the digest's hash.
func (a *asking) Digest() uint64 {
	switch {
	case !a.Whole():
		return 0
	case a.worker.view.own != nil:
		return digest.Scan(a.worker.view.own, a.now.options).Hash
	}
	return a.now.info.Hash
}

// AppendDigestText appends the digest's text.
func (a *asking) AppendDigestText(dst []byte) []byte {
	return digest.AppendText(dst, a.SQL(), a.now.options)
}

// Hostgroup is where the statement goes without the script.
func (a *asking) Hostgroup() int { return (*Session)(a).destination() }

// InTransaction reports whether the statement is part of a transaction, also of one that it begins because autocommit is off: what a script
// sends elsewhere then takes the transaction along.
func (a *asking) InTransaction() bool {
	s := (*Session)(a)
	return s.inTransaction() || s.beginsByItself()
}
