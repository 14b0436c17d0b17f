package protocol

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
)

// inPieces offers stream to feed as a connection does: in pieces, what was not consumed again with what follows. It returns the
// bytes consumed and whether feed was done.
func inPieces(stream []byte, piece func() int, feed func(p []byte) (n int, done bool, err error)) (consumed int, done bool, err error) {
	for arrived := 0; ; {
		arrived = min(len(stream), arrived+piece())
		n, done, err := feed(stream[consumed:arrived])
		if n < 0 || n > arrived-consumed {
			panic("more consumed than offered")
		}
		consumed += n
		if done || err != nil || arrived == len(stream) {
			return consumed, done, err
		}
	}
}

func TestMessageReader(t *testing.T) {
	for _, size := range []int{0, 1, 5, 1000, MaxPayload - 1, MaxPayload, MaxPayload + 1} {
		message := AppendPacket(nil, make([]byte, size), 254)
		packets := size/MaxPayload + 1
		for _, step := range []int{1, 3, 1 << 16, len(message)} {
			if step < 1<<10 && size > 1<<20 {
				continue
			}
			var m MessageReader
			m.Start(254, 64)
			stream := append(message[:len(message):len(message)], "next"...)
			n, done, err := inPieces(stream, func() int { return step }, m.Feed)
			if n != len(message) || !done || err != nil || m.Partial() {
				t.Fatalf("%d bytes in pieces of %d: %d, %v, %v", size, step, n, done, err)
			}
			if m.Size() != int64(size) || m.NextSeq() != byte(254+packets) {
				t.Errorf("%d bytes: Size() = %d, NextSeq() = %d", size, m.Size(), m.NextSeq())
			}
			if n, done, err := m.Feed([]byte("next")); n != 0 || !done || err != nil {
				t.Errorf("behind the end: %d, %v, %v", n, done, err)
			}
		}
	}
}

func TestMessageReaderHolds(t *testing.T) {
	var m MessageReader
	small := AppendPacket(nil, make([]byte, 60), 0)
	m.Start(0, 64)
	for i := range small {
		if n, done, err := m.Feed(small[:i]); n != 0 || done || err != nil {
			t.Fatalf("%d bytes: %d, %v, %v", i, n, done, err)
		}
	}
	if m.Partial() {
		t.Error("Partial() with nothing consumed")
	}

	large := AppendPacket(nil, make([]byte, 61), 0)
	m.Start(0, 64)
	if n, _, _ := m.Feed(large[:63]); n != 0 {
		t.Errorf("%d bytes consumed before hold bytes are there", n)
	}
	if n, done, _ := m.Feed(large[:64]); n != 64 || done || !m.Partial() || m.Size() != 61 {
		t.Errorf("%d bytes consumed, %v, Partial() %v, Size() %d", n, done, m.Partial(), m.Size())
	}
	if n, done, _ := m.Feed(append(large[64:], 9)); n != 1 || !done || m.Partial() {
		t.Errorf("%d bytes consumed, %v", n, done)
	}
}

func TestMessageReaderOutOfOrder(t *testing.T) {
	var m MessageReader
	m.Start(0, 64)
	n, done, err := m.Feed(AppendPacket(nil, []byte("x"), 3))
	var order *SequenceError
	if n != 0 || done || !errors.As(err, &order) || *order != (SequenceError{Got: 3, Want: 0}) {
		t.Errorf("%d, %v, %v", n, done, err)
	}
}

func TestInfileReader(t *testing.T) {
	// An empty packet behind one of MaxPayload bytes belongs to it and is not the end.
	for _, sizes := range [][]int{{}, {1}, {5, 70000, 1}, {MaxPayload}, {MaxPayload + 1, 3}} {
		var stream []byte
		seq := byte(250)
		total := 0
		for _, size := range append(sizes, 0) {
			stream = AppendPacket(stream, make([]byte, size), seq)
			seq += byte(size/MaxPayload + 1)
			total += size
		}
		length := len(stream)
		stream = append(stream, "next"...)
		for _, step := range []int{1, 1448, length + 4} {
			if step == 1 && length > 1<<20 {
				continue
			}
			var r InfileReader
			r.Start(250)
			n, done, err := inPieces(stream, func() int { return step }, r.Feed)
			if n != length || !done || err != nil || r.NextSeq() != seq || r.Size() != int64(total) || r.Partial() {
				t.Errorf("%v in pieces of %d: %d, %v, %v, NextSeq() %d, Size() %d", sizes, step, n, done, err, r.NextSeq(), r.Size())
			}
		}
	}
	var r InfileReader
	r.Start(3)
	var order *SequenceError
	if n, done, err := r.Feed(AppendPacket(nil, []byte("x"), 4)); n != 0 || done || !errors.As(err, &order) {
		t.Errorf("%d, %v, %v", n, done, err)
	}
}

// pieces gives random lengths, short ones mostly.
func pieces(seed uint64) func() int {
	r := rand.New(rand.NewPCG(seed, 1))
	return func() int { return 1 + r.IntN(1<<r.IntN(12)) }
}

// FuzzMessageReader: whole and in pieces, the same bytes are consumed with the same outcome.
func FuzzMessageReader(f *testing.F) {
	f.Add(AppendPacket(nil, []byte("\x03SELECT 1"), 0), 16, uint64(1))
	f.Add(AppendPacket(AppendPacket(nil, make([]byte, 300), 0), nil, 1), 64, uint64(2))
	f.Fuzz(func(t *testing.T, stream []byte, hold int, seed uint64) {
		var whole, cut MessageReader
		whole.Start(0, hold)
		cut.Start(0, hold)
		n, done, err := inPieces(stream, func() int { return len(stream) }, whole.Feed)
		m, cutDone, cutErr := inPieces(stream, pieces(seed), cut.Feed)
		if n != m || done != cutDone || (err == nil) != (cutErr == nil) || whole != cut {
			t.Errorf("whole: %d, %v, %v; in pieces: %d, %v, %v", n, done, err, m, cutDone, cutErr)
		}
		var infile, cutInfile InfileReader
		infile.Start(0)
		cutInfile.Start(0)
		n, done, err = inPieces(stream, func() int { return len(stream) }, infile.Feed)
		m, cutDone, cutErr = inPieces(stream, pieces(seed), cutInfile.Feed)
		if n != m || done != cutDone || (err == nil) != (cutErr == nil) || infile != cutInfile {
			t.Errorf("file, whole: %d, %v, %v; in pieces: %d, %v, %v", n, done, err, m, cutDone, cutErr)
		}
	})
}

// A stream of packets longer than HoldSize is passed on at once: nothing is gathered.
func TestInfileReaderStreams(t *testing.T) {
	var r InfileReader
	r.Start(0)
	large := AppendPacket(nil, bytes.Repeat([]byte("x"), HoldSize), 0)
	if n, done, err := r.Feed(large[:10]); n != 10 || done || err != nil || !r.Partial() {
		t.Errorf("%d, %v, %v", n, done, err)
	}
}
