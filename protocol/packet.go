package protocol

// HeaderLen is the length of a packet's header: three bytes of payload length, one sequence number.
const HeaderLen = 4

// MaxPayload is the longest payload of one packet. A packet of this length is continued by the next one, so a message that is a
// multiple of it long ends with an empty packet.
const MaxPayload = 1<<24 - 1

// Header reads a packet's header. b has at least HeaderLen bytes.
func Header(b []byte) (length int, seq byte) {
	_ = b[3]
	return int(b[0]) | int(b[1])<<8 | int(b[2])<<16, b[3]
}

func putHeader(b []byte, length int, seq byte) {
	_ = b[3]
	b[0], b[1], b[2], b[3] = byte(length), byte(length>>8), byte(length>>16), seq
}

func appendHeader(dst []byte, length int, seq byte) []byte {
	return append(dst, byte(length), byte(length>>8), byte(length>>16), seq)
}

// AppendPacket appends payload as one packet, or as many as its length needs, numbered from seq on.
func AppendPacket(dst, payload []byte, seq byte) []byte {
	for len(payload) >= MaxPayload {
		dst = appendHeader(dst, MaxPayload, seq)
		dst = append(dst, payload[:MaxPayload]...)
		payload = payload[MaxPayload:]
		seq++
	}
	dst = appendHeader(dst, len(payload), seq)
	return append(dst, payload...)
}

// BeginPacket reserves room for a header at the end of dst. The caller appends the payload and then calls EndPacket with the
// start that was returned.
func BeginPacket(dst []byte) (buf []byte, start int) {
	return append(dst, 0, 0, 0, 0), len(dst)
}

// EndPacket makes what was appended since BeginPacket a packet with the sequence number seq. A payload of MaxPayload bytes and
// more is split into packets numbered from seq on.
func EndPacket(dst []byte, start int, seq byte) []byte {
	length := len(dst) - start - HeaderLen
	if length < MaxPayload {
		putHeader(dst[start:], length, seq)
		return dst
	}
	// Each further packet needs a header between bytes that now lie side by side: move them apart from the end.
	more := length / MaxPayload
	for range more {
		dst = append(dst, 0, 0, 0, 0)
	}
	for i := more; i >= 0; i-- {
		size := min(length-i*MaxPayload, MaxPayload)
		from := start + HeaderLen + i*MaxPayload
		to := from + i*HeaderLen
		copy(dst[to:to+size], dst[from:from+size])
		putHeader(dst[to-HeaderLen:], size, seq+byte(i))
	}
	return dst
}
