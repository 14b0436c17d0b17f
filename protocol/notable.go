package protocol

// An OK packet is notable if it holds more than counts and status: a text for people, or session-state trackers. Who has
// asked the server for trackers that the client has not asked for must take such packets out of the stream and write
// them anew; all others pass as they came.

// WatchOK makes Feed stop before notable OK packets, in this answer and all later ones: it returns Notable, and the caller goes
// on with ReadOK. Such a packet is always left until it is whole, whatever its size.
func (r *ResponseReader) WatchOK() { r.watching = true }

// WatchEveryOK makes Feed stop before all OK packets of this answer, notable or not.
func (r *ResponseReader) WatchEveryOK() { r.every = true }

// ReadOK takes the packet that Feed returned Notable for, with which p begins, and moves on behind it: n is its size with the
// header, seq its sequence number, and prog says how the answer goes on. ok aliases p.
func (r *ResponseReader) ReadOK(p []byte) (ok OK, n int, seq byte, prog Progress, err error) {
	length, seq := Header(p)
	n = HeaderLen + length
	body := p[HeaderLen:n]
	if err := ok.Decode(body, r.caps); err != nil {
		return ok, 0, seq, More, err
	}
	if err := r.packet(body, length); err != nil {
		return ok, 0, seq, More, err
	}
	r.seq++
	r.started = true
	if r.phase == phaseEnd {
		prog = Done
	}
	return ok, n, seq, prog, nil
}

// fixedEnd is the size of status and warning count, with which an OK packet that is not notable ends.
const fixedEnd = 4

// notable reports whether a packet is an OK packet to stop before. body is what is there of its payload, length the payload's length.
func (r *ResponseReader) notable(body []byte, length int) bool {
	switch r.phase {
	case phaseResult, phaseStatus:
		if len(body) == 0 || body[0] != headerOK && !r.isEnd(body, length) {
			return false
		}
	case phaseRows:
		if len(body) == 0 || !r.isEnd(body, length) {
			return false
		}
	default:
		return false
	}
	if r.every && (body[0] == headerOK || r.caps.Has(ClientDeprecateEOF)) {
		return true
	}
	at := 1
	for range 2 { // affected rows, insert id
		_, n, ok := ReadLenencInt(body[at:])
		if !ok {
			return false
		}
		at += n
	}
	return length > at+fixedEnd
}
