package protocol

// InfileReader finds the end of what a client sends for LOAD DATA LOCAL INFILE: packets with the file's bytes, then an empty
// packet. The zero value is at the end; Start begins.
type InfileReader struct {
	seq    byte // of the next packet
	active bool
	open   bool // a packet of MaxPayload bytes was the last: an empty one continues it and does not end the file
	skip   int  // bytes of the current packet that are still to come
	size   int64
}

// Start begins; seq is the sequence number of the client's first packet, the one after the server's request.
func (r *InfileReader) Start(seq byte) {
	*r = InfileReader{seq: seq, active: true}
}

// Active reports whether a file is being sent.
func (r *InfileReader) Active() bool { return r.active }

// Feed takes bytes of the file transfer, p[0] being the first one not consumed yet, and returns how many of them are consumed:
// whole packets, and parts of packets longer than HoldSize. They may be forwarded as they are. done: the transfer ends after n
// bytes. err is a *SequenceError; what came before the bad packet is in n.
func (r *InfileReader) Feed(p []byte) (n int, done bool, err error) {
	if r.skip > 0 {
		n = min(r.skip, len(p))
		r.skip -= n
	}
	for r.active && r.skip == 0 {
		rest := p[n:]
		if len(rest) < HeaderLen {
			return n, false, nil
		}
		length, seq := Header(rest)
		if seq != r.seq {
			return n, false, &SequenceError{Got: seq, Want: r.seq}
		}
		total := HeaderLen + length
		if len(rest) < total {
			if total <= HoldSize {
				return n, false, nil
			}
			r.skip = total - len(rest)
			total = len(rest)
		}
		n += total
		r.seq++
		r.size += int64(length)
		r.active = length > 0 || r.open
		r.open = length == MaxPayload
	}
	return n, !r.active, nil
}

// NextSeq is the sequence number of the server's answer, when the transfer is done.
func (r *InfileReader) NextSeq() byte { return r.seq }

// Size is the number of payload bytes so far: the lengths of the packets whose headers were consumed.
func (r *InfileReader) Size() int64 { return r.size }

// Partial reports whether the last byte consumed lies within a packet or between two packets of one piece.
func (r *InfileReader) Partial() bool { return r.skip > 0 || r.open }
