package protocol

// MessageReader finds the end of one message of a client: packets of MaxPayload bytes, then one that is shorter. The zero value
// is at the end of a message; Start begins the next.
type MessageReader struct {
	seq   byte // of the next packet
	first bool // the next packet is the message's first
	done  bool
	open  bool // a packet of MaxPayload bytes was the last: the message goes on
	hold  int
	skip  int // bytes of the current packet that are still to come
	size  int64
}

// Start begins a message whose first packet has the sequence number seq. A packet that is at most hold bytes long, header
// included, will be consumed at once only, a longer one as it comes.
func (m *MessageReader) Start(seq byte, hold int) {
	*m = MessageReader{seq: seq, first: true, hold: max(hold, HeaderLen+1)}
}

// Feed takes bytes of the message, p[0] being the first one not consumed yet, and returns how many of them are consumed: whole
// packets, and parts of packets longer than hold. They may be forwarded as they are. Of a first packet longer than hold, hold
// bytes must be there before any is consumed: who looks at its beginning sees the same however the stream was cut. done: the
// message ends after n bytes. err is a *SequenceError; what came before the bad packet is in n.
func (m *MessageReader) Feed(p []byte) (n int, done bool, err error) {
	if m.skip > 0 {
		n = min(m.skip, len(p))
		m.skip -= n
		m.done = m.skip == 0 && !m.open
	}
	for !m.done && m.skip == 0 {
		rest := p[n:]
		if len(rest) < HeaderLen {
			return n, false, nil
		}
		length, seq := Header(rest)
		if seq != m.seq {
			return n, false, &SequenceError{Got: seq, Want: m.seq}
		}
		total := HeaderLen + length
		if len(rest) < total {
			if total <= m.hold || m.first && len(rest) < m.hold {
				return n, false, nil
			}
			m.skip = total - len(rest)
			total = len(rest)
		}
		n += total
		m.seq++
		m.size += int64(length)
		m.first = false
		m.open = length == MaxPayload
		m.done = m.skip == 0 && !m.open
	}
	return n, m.done, nil
}

// NextSeq is the sequence number that the answer begins with, when the message is done.
func (m *MessageReader) NextSeq() byte { return m.seq }

// Size is the message's payload so far, in bytes: the lengths of the packets whose headers were consumed.
func (m *MessageReader) Size() int64 { return m.size }

// Partial reports whether the last byte consumed lies within a packet or between two packets of the message.
func (m *MessageReader) Partial() bool { return !m.done && !m.first }
