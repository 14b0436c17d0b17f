package protocol

import (
	"bytes"
	"testing"
)

func TestPacketsSplit(t *testing.T) {
	for _, test := range []struct {
		size    int
		lengths []int
	}{
		{0, []int{0}},
		{1, []int{1}},
		{MaxPayload - 1, []int{MaxPayload - 1}},
		{MaxPayload, []int{MaxPayload, 0}},
		{MaxPayload + 1, []int{MaxPayload, 1}},
		{2 * MaxPayload, []int{MaxPayload, MaxPayload, 0}},
		{2*MaxPayload + 7, []int{MaxPayload, MaxPayload, 7}},
	} {
		payload := make([]byte, test.size)
		for i := range payload {
			payload[i] = byte(i * 7 >> 3)
		}
		const seq = 255 // wraps
		before := []byte("before")
		packets := AppendPacket(before, payload, seq)

		rest := packets[len(before):]
		var joined []byte
		for i, want := range test.lengths {
			length, got := Header(rest)
			if length != want || got != byte(seq+i) {
				t.Fatalf("%d bytes: packet %d has length %d and sequence number %d", test.size, i, length, got)
			}
			joined = append(joined, rest[HeaderLen:HeaderLen+length]...)
			rest = rest[HeaderLen+length:]
		}
		if len(rest) > 0 || !bytes.Equal(joined, payload) {
			t.Errorf("%d bytes: the packets don't hold the payload", test.size)
		}

		begun, start := BeginPacket(bytes.Clone(before))
		begun = append(begun, payload...)
		if !bytes.Equal(EndPacket(begun, start, seq), packets) {
			t.Errorf("%d bytes: EndPacket and AppendPacket differ", test.size)
		}
	}
}
