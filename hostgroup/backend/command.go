package backend

import (
	"time"

	"parkway/protocol"
)

// A command of the connection's own: to learn what the server can do, to turn
// its trackers on, and to bring the connection to a session's state.
type ownCommand struct {
	cmd     protocol.Command
	payload []byte // what follows the command byte
	// then takes the answer: the payloads of its packets, or the error that the
	// server answered.
	then func(packets [][]byte, refused *protocol.ERR)
	// report, if not nil, takes each OK packet that says more than its status; what
	// it aliases dies with the call.
	report func(ok *protocol.OK)
}

// commands are those that still have to be run, one after the other.
type commands struct {
	queue  []ownCommand
	answer []byte // to the first of them, as far as it came
}

// maxOwnAnswer bounds an answer: the longest are the names of a server's
// variables. Of the definitions of a prepared statement, which may be longer, the
// rest is not kept.
const maxOwnAnswer = 1 << 20

// beginOwn makes an idle connection ready for commands of its own, which have to be done within timeout; 0: at any time.
func (b *Conn) beginOwn(timeout time.Duration) {
	b.setState(preparing)
	if timeout > 0 {
		b.timer.Reset(timeout)
	}
}

// runOwn queues a command. The connection is preparing.
func (b *Conn) runOwn(c ownCommand) { b.own.queue = append(b.own.queue, c) }

// runQuery queues a text.
func (b *Conn) runQuery(sql string, then func(packets [][]byte, refused *protocol.ERR)) {
	b.runReported(sql, nil, then)
}

// runReported queues a text of which report is told too.
func (b *Conn) runReported(sql string, report func(*protocol.OK), then func(packets [][]byte, refused *protocol.ERR)) {
	payload := append(protocol.AppendQueryHead(nil, b.caps), sql...)
	b.runOwn(ownCommand{cmd: protocol.ComQuery, payload: payload[1:], then: then, report: report})
}

// nextOwn sends the first of the queue, or ends when there is none.
func (b *Conn) nextOwn() {
	if b.state != preparing {
		return
	}
	if len(b.own.queue) == 0 {
		b.ownDone(nil)
		return
	}
	c := &b.own.queue[0]
	b.own.answer = b.own.answer[:0]
	b.answer.Start(c.cmd, b.caps, 1)
	payload := append([]byte{byte(c.cmd)}, c.payload...)
	b.conn.Write(protocol.AppendPacket(b.statements.AppendRetired(nil), payload, 0))
}

// ownDone gives up what is queued, if anything, and tells the owner that the connection is ready, or why not.
func (b *Conn) ownDone(refused *protocol.ERR) {
	b.own = commands{}
	b.timer.Stop()
	b.setState(idle)
	b.ready = true
	switch {
	case b.owner == nil:
	case refused != nil:
		b.owner.OnSyncFailed(b, refused)
	default:
		b.owner.OnBackendReady(b)
	}
}

// onOwnAnswer takes the next bytes of the answer to a command of the
// connection's own.
func (b *Conn) onOwnAnswer(p []byte) int {
	used := 0
	for {
		n, progress, err := b.answer.Feed(p[used:])
		if err == nil && progress == protocol.Notable {
			var ok protocol.OK
			var size int
			ok, size, _, progress, err = b.answer.ReadOK(p[used+n:])
			n += size
			b.lateSchema = false
			if report := b.own.queue[0].report; err == nil && report != nil {
				report(&ok)
			}
		}
		keep := min(n, maxOwnAnswer-len(b.own.answer))
		if err == nil && keep < n && b.own.queue[0].cmd != protocol.ComStmtPrepare {
			err = errUnsolicited
		}
		if err != nil {
			b.fail(err)
			return len(p)
		}
		b.own.answer = append(b.own.answer, p[used:used+keep]...)
		used += n
		switch {
		case progress == protocol.Done && used < len(p):
			b.onUnsolicited(p[used:])
			return len(p)
		case progress == protocol.Done:
			b.endOwn()
			return used
		case progress == protocol.Infile:
			b.fail(errUnsolicited)
			return len(p)
		case n == 0:
			return used
		}
	}
}

// endOwn hands the answer of the first command over and goes on.
func (b *Conn) endOwn() {
	c := b.own.queue[0]
	b.own.queue = b.own.queue[1:]
	packets := payloads(b.own.answer)
	var refused *protocol.ERR
	if _, failed := b.answer.Failed(); failed {
		refused = new(protocol.ERR)
		if len(packets) == 0 {
			b.fail(errUnsolicited)
			return
		}
		if err := refused.Decode(packets[len(packets)-1]); err != nil {
			b.fail(err)
			return
		}
	}
	c.then(packets, refused)
	b.nextOwn()
}

// payloads splits whole packets, and leaves out one that is not whole.
func payloads(stream []byte) (list [][]byte) {
	for len(stream) >= protocol.HeaderLen {
		length, _ := protocol.Header(stream)
		if protocol.HeaderLen+length > len(stream) {
			break
		}
		list = append(list, stream[protocol.HeaderLen:protocol.HeaderLen+length])
		stream = stream[protocol.HeaderLen+length:]
	}
	return list
}
