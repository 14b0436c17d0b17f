package stmt

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"parkway/protocol"
)

// frame is protocol.AppendPacket for packets of max bytes.
func frame(payload []byte, max int) (framed []byte, packets int) {
	for {
		n := min(len(payload), max)
		framed = append(framed, byte(n), byte(n>>8), byte(n>>16), byte(packets))
		framed = append(framed, payload[:n]...)
		payload = payload[n:]
		packets++
		if n < max {
			return framed, packets
		}
	}
}

// splice passes a message through a splice in random pieces.
func splice(t *testing.T, s *Splice, framed []byte, random *rand.Rand) (sent []byte) {
	t.Helper()
	for rest := framed; len(rest) > 0; {
		n := 1 + random.IntN(len(rest))
		done := s.Pass(rest[:n], func(b []byte) { sent = append(sent, b...) })
		rest = rest[n:]
		if done != (len(rest) == 0) {
			t.Fatalf("done %v with %d bytes to come", done, len(rest))
		}
	}
	return sent
}

// Whatever the lengths, the server gets the changed payload in packets as they should be.
func TestSplice(t *testing.T) {
	const max = 16
	random := rand.New(rand.NewPCG(1, 2))
	for size := range 5 * max {
		for skip := range min(size, max) + 1 {
			for added := range 2*max + 2 {
				payload := make([]byte, size)
				for i := range payload {
					payload[i] = byte(i)
				}
				head := bytes.Repeat([]byte{0xee}, skip+added)
				framed, packets := frame(payload, max)
				want, wantPackets := frame(append(bytes.Clone(head), payload[skip:]...), max)
				s := newSplice(head, skip)
				s.max = max
				if got := splice(t, s, framed, random); !bytes.Equal(got, want) || int(s.Extra()) != wantPackets-packets {
					t.Fatalf("%d bytes, %d replaced by %d:\n got %x, %d more\nwant %x, %d more",
						size, skip, len(head), got, s.Extra(), want, wantPackets-packets)
				}
				if cap(s.kept) > 4*len(head)+64 {
					t.Fatalf("%d bytes were kept", cap(s.kept))
				}
			}
		}
	}
}

// The same with real packets.
func TestSpliceOfMegabytes(t *testing.T) {
	const full = protocol.MaxPayload
	random := rand.New(rand.NewPCG(3, 4))
	for _, size := range []int{full - 5, full - 1, full, full + 1, 2*full - 5, 2 * full} {
		payload := make([]byte, size)
		payload[size-1] = 1
		head := bytes.Repeat([]byte{0xee}, 25)
		s := newSplice(head, 20)
		got := splice(t, s, message(payload), random)
		if want := message(append(head, payload[20:]...)); !bytes.Equal(got, want) {
			t.Errorf("%d bytes: the message is wrong", size)
		}
	}
}

func TestRenumber(t *testing.T) {
	payloads := [][]byte{{1}, {}, make([]byte, 300), {2, 3}}
	var answer, want []byte
	for i, p := range payloads {
		answer = protocol.AppendPacket(answer, p, byte(i))
		want = protocol.AppendPacket(want, p, byte(i)-1)
	}
	for cut := range 200 {
		at := 4 + 1 + 4 + 4 + 50 + cut // within the long packet
		b := bytes.Clone(answer)
		r := Renumber{By: 1}
		r.Pass(b[:at])
		r.Pass(b[at:])
		if !bytes.Equal(b, want) {
			t.Fatalf("cut at %d: %x", at, b)
		}
	}
}
