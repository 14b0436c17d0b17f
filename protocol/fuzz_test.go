package protocol_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"parkway/protocol"
)

// outcome is what a ResponseReader made of a stream.
type outcome struct {
	consumed int
	prog     protocol.Progress
	err      string
	status   protocol.StatusFlags
	code     uint16
	partial  bool
	next     byte
}

// read feeds stream in pieces; what was not consumed comes again with what follows. A file that is asked for is taken as sent.
func read(t *testing.T, cmd protocol.Command, caps protocol.Capability, stream []byte, piece func() int) (o outcome) {
	var r protocol.ResponseReader
	r.Start(cmd, caps, 1)
	for arrived := 0; ; {
		n, prog, err := r.Feed(stream[o.consumed:arrived])
		if n < 0 || n > arrived-o.consumed {
			t.Fatalf("%d of %d bytes consumed", n, arrived-o.consumed)
		}
		o.consumed += n
		o.prog = prog
		if err != nil {
			o.err = err.Error()
		}
		if err != nil || prog == protocol.Done || prog == protocol.More && arrived == len(stream) {
			break
		}
		if prog == protocol.Infile {
			r.InfileSent(r.NextSeq() + 2)
			continue
		}
		arrived = min(len(stream), arrived+piece())
	}
	o.status, o.partial, o.next = r.Status(), r.Partial(), r.NextSeq()
	o.code, _ = r.Failed()
	return o
}

// FuzzResponseReader: whole and in pieces, the same bytes are consumed with the same outcome.
func FuzzResponseReader(f *testing.F) {
	for _, path := range goldenFiles(f) {
		if !strings.Contains(path, "-extension") && !strings.Contains(path, "-track") {
			continue // they have megabytes
		}
		for i, e := range goldenExchanges(f, path) {
			said := e.Transcript.Entries()
			if len(said) > 1 && len(said[1].Bytes) < 4096 {
				f.Add(byte(e.Command), uint64(e.Capabilities), said[1].Bytes, uint64(i))
			}
		}
	}
	f.Fuzz(func(t *testing.T, cmd byte, caps uint64, stream []byte, seed uint64) {
		random := rand.New(rand.NewPCG(seed, 1))
		whole := read(t, protocol.Command(cmd), protocol.Capability(caps), stream, func() int { return len(stream) })
		cut := read(t, protocol.Command(cmd), protocol.Capability(caps), stream, func() int { return 1 + random.IntN(1<<random.IntN(12)) })
		single := read(t, protocol.Command(cmd), protocol.Capability(caps), stream, func() int { return 1 })
		if whole != cut || whole != single {
			t.Errorf("whole:      %+v\nin pieces:  %+v\nbytes:      %+v", whole, cut, single)
		}
	})
}
