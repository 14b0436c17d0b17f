package stmt

import "parkway/protocol"

// Splice replaces the beginning of a message that then doesn't fit its packets any more: each packet but the last has to have
// protocol.MaxPayload bytes, so that what was put in moves from packet to packet. It works on the stream as it comes and keeps
// no more than was put in.
//
// The message may become one packet longer than the client sent it. The server's answer is then numbered differently from what
// the client expects: see Extra.
type Splice struct {
	head []byte // in place of the first skip bytes of the payload; nil once it was passed on
	skip int
	max  int // protocol.MaxPayload; less in tests

	// The client's packets.
	header   [protocol.HeaderLen]byte // of the packet that comes, as far as it has
	headed   int                      // bytes of header
	left     int                      // bytes of the packet that are still to come
	packets  int
	final    bool // the packet that comes is the last
	announce int  // bytes that are known to come and that no packet to the server has been opened for

	// The server's packets.
	seq    byte
	room   int    // bytes that still fit the open one
	full   bool   // the open one has protocol.MaxPayload bytes: another has to follow
	opened int    // packets
	kept   []byte // what has come while it was not known how long its packet will be
}

// newSplice makes a splice that puts a copy of head in place of the first skip bytes of a message's payload.
func newSplice(head []byte, skip int) *Splice {
	return &Splice{head: append([]byte(nil), head...), skip: skip, max: protocol.MaxPayload, announce: len(head) - skip}
}

// Pass takes more of the client's message, headers included, and gives send what goes to the server: pieces that are valid during
// the call only. The caller has checked the sequence numbers. Done is true after the end of the message.
func (s *Splice) Pass(p []byte, send func([]byte)) (done bool) {
	for len(p) > 0 && !s.Done() {
		if s.headed < protocol.HeaderLen {
			n := copy(s.header[s.headed:], p)
			s.headed, p = s.headed+n, p[n:]
			if s.headed == protocol.HeaderLen {
				s.open(send)
			}
			continue
		}
		n := min(len(p), s.left)
		s.take(p[:n], send)
		s.left, p = s.left-n, p[n:]
		s.next()
	}
	return s.Done()
}

// open begins a packet of the client's.
func (s *Splice) open(send func([]byte)) {
	length, seq := protocol.Header(s.header[:])
	if s.packets == 0 {
		s.seq = seq
	}
	s.packets++
	s.left, s.final = length, length < s.max
	s.announce += length
	if s.head != nil {
		s.write(s.head, send)
		s.head = nil
	}
	if kept := s.kept; len(kept) > 0 {
		s.kept = s.kept[:0]
		s.write(kept, send)
	}
	s.finish(send)
	s.next()
}

// next gets ready for the header of a further packet if the one that comes is at its end.
func (s *Splice) next() {
	if s.left == 0 && !s.final {
		s.headed = 0
	}
}

// take takes payload of the client's.
func (s *Splice) take(p []byte, send func([]byte)) {
	n := min(s.skip, len(p))
	s.skip -= n
	s.write(p[n:], send)
	s.finish(send)
}

// write passes payload on, in packets as long as can be, and keeps what no packet can be opened for yet.
func (s *Splice) write(p []byte, send func([]byte)) {
	for len(p) > 0 {
		if s.room == 0 && !s.begin(send) {
			s.kept = append(s.kept, p...)
			return
		}
		n := min(len(p), s.room)
		send(p[:n])
		s.room, p = s.room-n, p[n:]
	}
}

// finish ends a message that fills its last packet, or has no payload at all, with an empty one.
func (s *Splice) finish(send func([]byte)) {
	if s.final && s.announce == 0 && s.room == 0 && (s.full || s.opened == 0) {
		s.begin(send)
	}
}

// begin opens a packet to the server, if it is known how long it will be.
func (s *Splice) begin(send func([]byte)) bool {
	if s.announce < s.max && !s.final {
		return false
	}
	s.room = min(s.announce, s.max)
	s.announce -= s.room
	s.full = s.room == s.max
	send([]byte{byte(s.room), byte(s.room >> 8), byte(s.room >> 16), s.seq})
	s.seq++
	s.opened++
	return true
}

// Done reports whether the message has ended.
func (s *Splice) Done() bool {
	return s.final && s.headed == protocol.HeaderLen && s.left == 0
}

// Extra is by how much the numbers of the server's answer are higher than the client expects, once Done: 0 or 1. The answer begins
// with the client's next number plus Extra, and a Renumber takes it off again.
func (s *Splice) Extra() byte { return byte(s.opened - s.packets) }

// Renumber changes the sequence numbers of a server's answer, in place, as it comes: those of whole packets, and of packets that
// come in parts.
type Renumber struct {
	By   byte // is taken off
	skip int  // bytes of the current packet that are still to come
}

// Pass takes the next bytes of the answer. They don't end within a packet's header.
func (r *Renumber) Pass(p []byte) {
	for {
		n := min(r.skip, len(p))
		r.skip -= n
		p = p[n:]
		if len(p) < protocol.HeaderLen {
			return
		}
		length, seq := protocol.Header(p)
		p[3] = seq - r.By
		r.skip = protocol.HeaderLen + length
	}
}
