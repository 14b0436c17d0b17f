package session

import (
	"time"

	"parkway/protocol"
	"parkway/protocol/digest"
	"parkway/protocol/sysvar"
	"parkway/session/rules"
)

// Static routing: what the query rules say of a command, and which hostgroup it
// goes to. The rules have the say only as long as the session holds nothing on
// a connection that the statement may need: see destination.

// route is what the rules say of the command under way. A number or duration
// that they leave open is rules.Unset.
type route struct {
	decided   bool // the rest is of the command under way
	asked     bool // so was the script
	hostgroup int
	timeout   time.Duration
	timeoutOf string // who says so
	retries   int
	delay     time.Duration // still to be waited for
	until     int64         // loop time at which the delay ends
	multiplex int
	okMsg     string
	errorMsg  string
}

// unrouted is what holds where no rule says anything.
func (s *Session) unrouted() route {
	return route{
		hostgroup: s.defaultHostgroup(), timeout: rules.Unset, retries: rules.Unset, delay: rules.Unset, multiplex: rules.Unset,
	}
}

// routed reports whether rules are asked about such a command. What remains goes
// by itself: to the connection at hand, or to the default hostgroup.
func routed(c protocol.Command) bool {
	switch c {
	case protocol.ComQuery, protocol.ComStmtPrepare, protocol.ComStmtExecute, protocol.ComStmtBulkExecute,
		protocol.ComStmtSendLongData:
		return true
	}
	return false
}

// decide asks the rules about the command under way, unless that was done when
// it came first. The command was examined.
func (s *Session) decide(c *rules.Cache) {
	if s.route.decided {
		return
	}
	s.route = s.unrouted()
	s.route.decided = true
	if c == nil || !routed(s.command) {
		return
	}
	hash := s.now.info.Hash
	if s.now.sql == nil {
		hash = 0 // prepared before there were rules: its text is not known any more
	}
	begins, to := s.beginsByItself(), 0
	if begins {
		to = s.consult(c, beginHash, begin).Hostgroup
	}
	out := s.consult(c, hash, s.now.sql)
	if !begins {
		to = out.Hostgroup
	}
	s.route.hostgroup = to
	s.route.timeout, s.route.retries, s.route.delay = out.Timeout, out.Retries, out.Delay
	s.route.timeoutOf = "timeout of a query rule"
	s.route.multiplex, s.route.okMsg, s.route.errorMsg = out.Multiplex, out.OKMsg, out.ErrorMsg
	for _, id := range out.Rules {
		s.worker.metrics.RuleHit(id)
	}
	if out.Log == 1 && s.command.HasAnswer() {
		s.logQuery(out.Rules)
	}
}

// consult asks the rules about a text. The outcome is valid until the next call.
func (s *Session) consult(c *rules.Cache, hash uint64, sql []byte) *rules.Outcome {
	w := s.worker
	w.asked = rules.Input{
		Digest: hash, SQL: sql, DigestText: w.digestText,
		User: s.user.Name, Schema: s.mine.schema, Hostgroup: s.defaultHostgroup(),
	}
	w.askedOptions = s.now.options
	if c.Program().NeedsAddr() {
		if s.host == "" {
			s.host = s.clientHost()
		}
		w.asked.ClientAddr = s.host
	}
	out := c.Decide(&w.asked)
	w.asked.SQL = nil // it dies with the callback
	return out
}

// begin is the statement that stands for a transaction as a whole.
var (
	begin     = []byte("BEGIN")
	beginHash = digest.Scan(begin, 0).Hash
)

// beginsByItself reports whether the statement is a read that begins a
// transaction, because autocommit is off, which keeps all that follows where it
// is: so it goes where a BEGIN would, and not where reads go that stand alone.
func (s *Session) beginsByItself() bool {
	return s.status&(protocol.StatusAutocommit|protocol.StatusInTrans) == 0 &&
		s.now.info.Class == digest.ClassRead && s.user.TransactionPersistent
}

// logQuery writes what log = 1 of a rule asks for: no more lines than the log
// has room for, with the rules that matched, and nothing of the statement but its digest.
func (s *Session) logQuery(matched []int) {
	e := s.worker.proxy.queryLog.Info()
	if !e.Enabled() {
		return
	}
	e.Uint32("session", s.id).Str("user", s.user.Name).Str("client", s.conn.RemoteString()).Str("schema", s.mine.schema).
		Ints("rules", matched).Int("hostgroup", s.route.hostgroup).Stringer("command", s.command).
		Bytes("digest", digest.AppendHash(nil, s.now.info.Hash)).
		Bytes("digest_text", digest.AppendText(nil, s.now.sql, s.now.options)).Msg("query")
}

// obey does what the rules say that is not about the hostgroup. ok is false if
// the command does not go on: n bytes of it are used.
func (s *Session) obey(p []byte, whole bool) (n int, ok bool) {
	r := &s.route
	switch {
	case r.okMsg != "" && s.command != protocol.ComStmtPrepare:
		// A prepared statement is answered when it is executed.
		return s.refuse(p, whole), false
	case r.errorMsg != "":
		s.refusal = &protocol.ERR{Code: rules.ErrorCode, State: rules.ErrorState, Message: r.errorMsg}
		return s.refuse(p, whole), false
	case r.delay > 0:
		s.setState(delayed)
		s.conn.PauseRead()
		r.until = s.worker.loop.Now() + int64(r.delay)
		s.watch()
		return 0, false
	}
	return 0, true
}

// endDelay lets the command go on that had to wait because of a rule.
func (s *Session) endDelay() {
	s.route.delay = rules.Unset
	s.setState(ready)
	s.conn.ResumeRead()
}

// writeRuleOK is the answer of a rule with OK_msg.
func (s *Session) writeRuleOK() {
	ok := protocol.OK{Status: s.standing(), Info: []byte(s.route.okMsg)}
	s.write(s.message.NextSeq(), func(b []byte) []byte { return ok.Append(b, s.caps) })
}

// queryTimeout is how long the command under way may take, 0 for ever, and which
// setting says so.
func (s *Session) queryTimeout() (limit time.Duration, setting string) {
	if s.route.decided && s.route.timeout >= 0 {
		return s.route.timeout, s.route.timeoutOf
	}
	return s.worker.proxy.settings.Load().DefaultQueryTimeout, "default_query_timeout_ms"
}

// multiplexOff is the pin of that name after the command under way.
func (s *Session) multiplexOff() bool {
	switch {
	case s.route.decided && s.route.multiplex == 0:
		return true
	case s.route.decided && s.route.multiplex == 1:
		return false
	}
	return s.mine.pins&sysvar.MultiplexOff != 0
}

// overlooks reports whether a rule says that the variables that the statement
// sets are no reason to keep the connection.
func (s *Session) overlooks() bool { return s.route.decided && s.route.multiplex == 2 }

// asksPrevious reports whether the statement asks its connection about the
// statement before, and does nothing else. One that writes goes where it is
// routed: what it asks is answered there as well as can be.
func (s *Session) asksPrevious() bool {
	if s.now.info.Flags&connectionPast == 0 {
		return false
	}
	switch s.now.info.Verb {
	case digest.VerbSelect, digest.VerbShow, digest.VerbSet, digest.VerbDo, digest.VerbOther:
		return true
	}
	return false
}

// destination is the hostgroup that the command under way goes to:
//
//   - where the session's open transaction is, if the statement is about that;
//   - where the session holds what a statement may need: temporary tables, locks,
//     an open transaction of a user with transaction_persistent;
//   - where the statement before ran, if it asks about that;
//   - where the rules say, or else the user's default hostgroup.
func (s *Session) destination() int {
	if s.controls() {
		if a := s.oldest(); a != nil {
			return a.hostgroup
		}
		if s.mine.pins&sysvar.InTransaction != 0 {
			return s.request.Hostgroup
		}
	}
	if s.backend != nil && s.fixed() {
		return s.request.Hostgroup
	}
	for _, a := range s.asides {
		if a.backend != nil && a.pins&s.fixing() != 0 {
			return a.hostgroup
		}
	}
	switch {
	case s.backend == nil:
	case s.asksPrevious(), !routed(s.command) && s.command != protocol.ComInitDB:
		return s.request.Hostgroup
	}
	if s.route.decided {
		return s.route.hostgroup
	}
	return s.defaultHostgroup()
}

// fixing are the pins that hold all of the session's statements in the
// hostgroup of their connection.
func (s *Session) fixing() sysvar.Pins {
	if s.user.TransactionPersistent {
		return ^passing
	}
	return ^(passing | sysvar.InTransaction)
}

// fixed reports whether all of the session's statements have to go to the
// connection at hand.
func (s *Session) fixed() bool {
	return !s.sharing() || s.heldBy(s.fixing())
}

// controls reports whether the statement is about the open transaction.
func (s *Session) controls() bool {
	switch s.now.info.Verb {
	case digest.VerbBegin, digest.VerbCommit, digest.VerbRollback, digest.VerbSavepoint, digest.VerbRelease, digest.VerbXA:
		return true
	case digest.VerbSet:
		return s.now.info.Flags&(digest.SetAutocommit|digest.SetTransactionNext) != 0
	}
	return false
}

// place makes the connection at hand one of the hostgroup that the command goes
// to: the one that the session has there, or none yet. It is false if the
// command has to wait because other transactions come to their end first, or
// because the connection that it leaves is asked for what goes along, or the one
// that it goes to is about to be lost.
func (s *Session) place() bool {
	to := s.destination()
	if s.backend != nil && s.request.Hostgroup != to && s.askPast() {
		s.conn.PauseRead()
		return false
	}
	if !s.user.TransactionPersistent && !s.endOthers(to) {
		return false
	}
	s.moveTo(to)
	return !s.failing()
}
