package session

import (
	"errors"
	"fmt"
	"time"

	"parkway/protocol"
)

// holdSize is the size up to which a command is waited for whole before
// anything is done with it; a larger one is passed on as it comes.
const holdSize = 64 << 10

// action carries out a command. p is its bytes so far, header included, and
// whole says whether that is all of it. It returns how many bytes it used: all
// of them, or none if the command has to wait.
type action func(s *Session, p []byte, whole bool) int

// actions has one entry for each command that is not merely unknown.
var actions = [256]action{
	protocol.ComQuit:             (*Session).quit,
	protocol.ComInitDB:           (*Session).forward,
	protocol.ComQuery:            (*Session).query,
	protocol.ComFieldList:        (*Session).forward,
	protocol.ComCreateDB:         (*Session).forward,
	protocol.ComDropDB:           (*Session).forward,
	protocol.ComRefresh:          (*Session).forward,
	protocol.ComStatistics:       (*Session).statistics,
	protocol.ComProcessInfo:      (*Session).forward,
	protocol.ComProcessKill:      (*Session).processKill,
	protocol.ComDebug:            (*Session).forward,
	protocol.ComPing:             (*Session).forwardOrOK,
	protocol.ComChangeUser:       (*Session).changeUser,
	protocol.ComStmtPrepare:      (*Session).prepare,
	protocol.ComStmtExecute:      unlessKill((*Session).forward),
	protocol.ComStmtSendLongData: (*Session).sendLongData,
	protocol.ComStmtClose:        unlessKill((*Session).closeStatement),
	protocol.ComStmtReset:        unlessKill((*Session).resetStatement),
	protocol.ComSetOption:        (*Session).forward,
	protocol.ComStmtFetch:        (*Session).forward,
	protocol.ComResetConnection:  (*Session).resetConnection,
	protocol.ComStmtBulkExecute:  (*Session).forward,

	protocol.ComShutdown:       unsupported("a client of the proxy cannot stop a server"),
	protocol.ComTableDump:      unsupported("replication does not go through the proxy"),
	protocol.ComBinlogDump:     unsupported("replication does not go through the proxy"),
	protocol.ComBinlogDumpGTID: unsupported("replication does not go through the proxy"),
	protocol.ComRegisterSlave:  unsupported("replication does not go through the proxy"),
	protocol.ComClone:          unsupported("servers are not cloned through the proxy"),
}

// unknownCommand refuses what servers do not know either, such as COM_SLEEP and others that are internal to them, in their words.
func unknownCommand(s *Session, p []byte, whole bool) int {
	s.refusal = protocol.NewERR(protocol.ErrCodeUnknownCommand, "parkway: Unknown command")
	return s.refuse(p, whole)
}

func unsupported(why string) action {
	return func(s *Session, p []byte, whole bool) int {
		s.refusal = protocol.NewERR(protocol.ErrCodeUnknownCommand, "parkway: %s is not supported: %s", s.command, why)
		return s.refuse(p, whole)
	}
}

// onCommand takes the beginning of a command.
func (s *Session) onCommand(p []byte) int {
	n, whole, ok := s.open(p)
	if !ok {
		return n
	}
	if s.command != protocol.ComQuit {
		if s.leaving() {
			s.fatal(s.message.NextSeq(), stopping())
			return n
		}
		if b := s.backend; b != nil && !b.Idle() {
			// It is being asked (askPast), or has failed in this very turn: OnBackendReady or OnBackendClosed follows.
			return s.onEarly(p)
		}
	}
	s.since = s.worker.loop.Now()
	if a := actions[s.command]; a != nil {
		return a(s, p[:n], whole)
	}
	return unknownCommand(s, p[:n], whole)
}

// open frames the command that p begins with and fills in s.command. Without
// ok there is no command to carry out yet, or none at all any more, and n bytes
// are used up.
func (s *Session) open(p []byte) (n int, whole, ok bool) {
	s.message.Start(0, holdSize)
	n, whole, err := s.message.Feed(p)
	if err != nil {
		s.fatal(s.message.NextSeq(), outOfOrder(err))
		return len(p), false, false
	}
	if reason := s.tooLarge(); reason != nil {
		s.turnDown(reason, whole)
		return n, false, false
	}
	switch {
	case whole && n == protocol.HeaderLen:
		s.command = protocol.ComSleep // what servers take an empty packet for (MariaDB 10.11, MySQL 9.7)
	case n <= protocol.HeaderLen:
		return 0, false, false
	default:
		s.command = protocol.Command(p[protocol.HeaderLen])
	}
	return n, whole, true
}

// tooLarge says so if the command under way exceeds max_allowed_packet.
func (s *Session) tooLarge() *protocol.ERR {
	limit := s.worker.proxy.settings.Load().MaxAllowedPacket
	if s.message.Size() <= limit {
		return nil
	}
	return protocol.NewERR(protocol.ErrCodePacketTooLarge, "parkway: Got a packet bigger than 'max_allowed_packet' bytes (%d)", limit)
}

// outOfOrder is what a client reads whose packets are wrongly numbered.
func outOfOrder(err error) *protocol.ERR {
	return protocol.NewERR(protocol.ErrCodeOutOfOrder, "parkway: Got packets out of order: %v", err)
}

// malformed is what a client reads whose packet can't be decoded because of err.
func malformed(err error) *protocol.ERR {
	what := err.Error()
	if m := (*protocol.MalformedError)(nil); errors.As(err, &m) {
		what = m.What()
	}
	return protocol.NewERR(protocol.ErrCodeMalformedPacket, "parkway: Malformed communication packet: %s", what)
}

// onEarly holds back bytes that came before their turn.
func (s *Session) onEarly([]byte) int {
	s.conn.PauseRead()
	return 0
}

// refuse answers the command with s.refusal, or if that is nil as the script, or
// a rule with OK_msg, says, once all of it was read. One that has no answer gets none.
func (s *Session) refuse(p []byte, whole bool) int {
	if !whole {
		s.setState(discarding)
		s.watch()
		return len(p)
	}
	s.endRefused()
	return len(p)
}

// refuseMalformed refuses a command that its kind should not look like.
func (s *Session) refuseMalformed(p []byte, whole bool) int {
	s.refusal = protocol.NewERR(protocol.ErrCodeMalformedPacket, "parkway: Malformed communication packet")
	return s.refuse(p, whole)
}

// onRefused refuses the command that waited for a backend.
func (s *Session) onRefused(p []byte) int {
	n, whole, ok := s.open(p)
	if !ok {
		return n
	}
	s.order = nil
	return s.refuse(p[:n], whole)
}

// onDiscard reads the rest of a refused command.
func (s *Session) onDiscard(p []byte) int {
	n, whole, ok := s.proceed(p)
	if ok && whole {
		s.endRefused()
	}
	return n
}

func (s *Session) endRefused() {
	reason, reply := s.refusal, s.takeReply()
	s.refusal = nil
	if s.state != ready {
		s.setState(ready)
	}
	if e := s.now.entry; e != nil && executes(s.command) {
		s.mine.statements.DropLongData(e)
		s.mine.statements.Underived(e, s.server())
	}
	switch {
	case !s.command.HasAnswer():
		s.refuseLater(reason)
	case reason != nil:
		s.write(s.message.NextSeq(), reason.Append)
	case reply != nil:
		s.writeReply(reply)
	default:
		s.writeRuleOK()
	}
	s.settle()
}

// proceed frames more of the command under way. Without ok the session has ended.
func (s *Session) proceed(p []byte) (n int, whole, ok bool) {
	n, whole, err := s.message.Feed(p)
	if err != nil {
		s.interrupt(outOfOrder(err))
		return len(p), false, false
	}
	if reason := s.tooLarge(); reason != nil {
		s.turnDown(reason, whole)
		return n, false, false
	}
	return n, whole, true
}

// finish ends a command after which the connection may go to others.
func (s *Session) finish() {
	if s.sharing() {
		s.share()
	}
	s.settle()
}

// settle is called whenever a command has come to its end.
func (s *Session) settle() {
	s.route.decided = false
	s.endRetrial()
	s.endScript()
	s.stay.countCommand(s.command)
	if s.backend != nil && isFormer(s.backend) {
		s.leaveFormer()
		if s.state == closing {
			return
		}
	}
	if s.worker.proxy.draining.Load() {
		s.drain()
		if s.state == closing {
			return
		}
	}
	s.watch()
	s.resume()
}

// quit is COM_QUIT.
func (s *Session) quit(p []byte, _ bool) int {
	if s.stay != nil {
		s.stay.quit = true
	}
	s.drop(nil)
	return len(p)
}

// statistics is COM_STATISTICS, answered with a bare string as servers do.
func (s *Session) statistics(p []byte, whole bool) int {
	if !whole {
		return s.refuseMalformed(p, whole)
	}
	text := fmt.Sprintf("Uptime: %d  Threads: %d", int(time.Since(s.worker.proxy.started).Seconds()), s.worker.proxy.Sessions())
	s.write(s.message.NextSeq(), func(b []byte) []byte { return append(b, text...) })
	s.settle()
	return len(p)
}
