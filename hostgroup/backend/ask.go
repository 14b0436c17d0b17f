package backend

import "parkway/protocol"

// Query is a statement of the owner's own.
type Query struct {
	SQL string
	// Report, if not nil, gets each OK packet of the answer that says more than its status; what that aliases dies with the call.
	Report func(*protocol.OK)
	// Then, if not nil, is told the answer.
	Then func(Told)
	// Must says that nothing goes on if the server refuses it: OnSyncFailed follows, and Then is not told.
	Must bool
}

// Told is the answer to a Query.
type Told struct {
	Values    []string      // of the rows, one row after the other; "" for NULL
	Collation uint16        // of the first column, as its definition says it; 0: unreadable
	Refused   *protocol.ERR // nil: it was not
}

// Ask runs queries one after the other on an idle connection; OnBackendReady follows, never from inside the call. Whatever was
// selected before is forgotten by the server, and what was warned of, unless it is a MariaDB and they read no table.
func (b *Conn) Ask(queries ...Query) {
	b.beginOwn(syncTimeout)
	b.queue(queries)
	b.nextOwn()
}

// queue queues queries.
func (b *Conn) queue(queries []Query) {
	for _, q := range queries {
		b.runReported(q.SQL, q.Report, func(packets [][]byte, refused *protocol.ERR) {
			switch {
			case refused != nil && q.Must:
				b.ownDone(refused)
			case q.Then == nil:
			case refused != nil:
				q.Then(Told{Refused: refused})
			default:
				q.Then(b.told(packets))
			}
		})
	}
}

// told reads an answer; an OK packet, which may have been taken out of it, says nothing.
func (b *Conn) told(packets [][]byte) Told {
	if len(packets) == 0 {
		return Told{}
	}
	return Told{Values: values(packets), Collation: collation(packets, b.caps)}
}
