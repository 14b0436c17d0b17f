package protocol_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// The answers of real servers, recorded by mysqltest's TestCapture. Where each of them ends was checked there by the server
// itself: its answer to a COM_PING came next.

func goldenFiles(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatal("no golden files: ", err)
	}
	return paths
}

func goldenExchanges(t testing.TB, path string) []mysqltest.Exchange {
	t.Helper()
	list, err := mysqltest.ReadExchanges(path)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// behind is what follows each answer: the answer to a COM_PING. None of it may be consumed.
var behind = protocol.AppendPacket(nil, []byte{0, 0, 0, 2, 0, 0, 0}, 1)

// buffered replays a stream as a connection offers it: bytes that were not consumed come again with what follows them.
type buffered struct{ t *testing.T }

// feed offers pieces, the lengths of which cut says, until feed is done. It returns how many bytes were consumed.
func (b *buffered) feed(stream []byte, cut func(at int) int, feed func(p []byte) (n int, done bool, err error)) int {
	b.t.Helper()
	consumed, arrived := 0, 0
	for {
		n, done, err := feed(stream[consumed:arrived])
		if err != nil {
			b.t.Fatalf("after %d bytes: %v", consumed, err)
		}
		if n < 0 || n > arrived-consumed {
			b.t.Fatalf("%d of %d bytes consumed", n, arrived-consumed)
		}
		consumed += n
		if done {
			return consumed
		}
		if kept := arrived - consumed; kept > protocol.HoldSize+protocol.HeaderLen {
			b.t.Fatalf("%d bytes are kept back", kept)
		}
		if arrived == len(stream) {
			b.t.Fatalf("no end after %d bytes", consumed)
		}
		arrived = min(len(stream), arrived+max(1, cut(arrived)))
	}
}

// replay runs an exchange's answer through a reader, cut as cut says, and checks that it ends where the server ended it.
func replay(t *testing.T, e mysqltest.Exchange, cut func(at int) int) {
	t.Helper()
	replayBy(t, e, cut, (*protocol.ResponseReader).Feed)
}

// feedWatching is Feed of a reader that stops at notable OK packets: each is read and must come out as it went in.
func feedWatching(t *testing.T, e mysqltest.Exchange, notable *int) func(*protocol.ResponseReader, []byte) (int, protocol.Progress, error) {
	return func(r *protocol.ResponseReader, p []byte) (n int, prog protocol.Progress, err error) {
		r.WatchOK()
		for {
			passed, prog, err := r.Feed(p[n:])
			n += passed
			if err != nil || prog != protocol.Notable {
				return n, prog, err
			}
			*notable++
			ok, size, seq, prog, err := r.ReadOK(p[n:])
			if err != nil {
				return n, prog, err
			}
			if again := protocol.AppendPacket(nil, ok.Append(nil, e.Capabilities), seq); !bytes.Equal(again, p[n:n+size]) {
				t.Errorf("OK packet %x written as %x", p[n:n+size], again)
			}
			if n += size; prog == protocol.Done {
				return n, prog, nil
			}
		}
	}
}

// replayBy is replay with another function in the place of Feed.
func replayBy(t *testing.T, e mysqltest.Exchange, cut func(at int) int,
	feed func(*protocol.ResponseReader, []byte) (int, protocol.Progress, error)) {
	t.Helper()
	said := e.Transcript.Entries()
	if len(said) == 0 || said[0].ByServer {
		t.Fatal("no command")
	}
	var r protocol.ResponseReader
	var command protocol.MessageReader
	command.Start(0, protocol.HoldSize)
	n, done, err := command.Feed(said[0].Bytes)
	if n != len(said[0].Bytes) || !done || err != nil {
		t.Fatalf("command: %d of %d bytes, %v, %v", n, len(said[0].Bytes), done, err)
	}
	r.Start(e.Command, e.Capabilities, command.NextSeq())
	for i := 1; i < len(said); i += 2 {
		last := i+1 >= len(said)
		stream := said[i].Bytes
		if last {
			stream = append(stream[:len(stream):len(stream)], behind...)
		}
		var prog protocol.Progress
		b := buffered{t}
		n := b.feed(stream, cut, func(p []byte) (n int, done bool, err error) {
			n, prog, err = feed(&r, p)
			return n, prog != protocol.More, err
		})
		if n != len(said[i].Bytes) || r.Partial() || (prog == protocol.Done) != last {
			t.Fatalf("%d of %d bytes consumed, progress %d, partial %v", n, len(said[i].Bytes), prog, r.Partial())
		}
		if last {
			break
		}
		var file protocol.InfileReader
		file.Start(r.NextSeq())
		if n := b.feed(said[i+1].Bytes, cut, file.Feed); n != len(said[i+1].Bytes) {
			t.Fatalf("%d of %d bytes of the file consumed", n, len(said[i+1].Bytes))
		}
		r.InfileSent(file.NextSeq())
	}
	if code, failed := r.Failed(); code != e.Code || failed != (e.Code != 0) {
		t.Errorf("Failed() = %d, %v, want %d", code, failed, e.Code)
	}
	withStatus := e.Code == 0 && e.Command != protocol.ComStatistics &&
		(e.Command != protocol.ComStmtPrepare || !e.Capabilities.Has(protocol.ClientDeprecateEOF) && r.Prepared().Params+r.Prepared().Columns > 0)
	if withStatus && r.Status() != e.Status {
		t.Errorf("Status() = %#x, want %#x", r.Status(), e.Status)
	}
	if !r.Started() {
		t.Error("not Started()")
	}
}

func TestGolden(t *testing.T) {
	for _, path := range goldenFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			notable := 0
			for _, e := range goldenExchanges(t, path) {
				t.Run(e.Name, func(t *testing.T) { replayAll(t, e, &notable) })
			}
			if notable == 0 {
				t.Error("no notable OK packet among them")
			}
		})
	}
}

// replayAll replays an exchange whole, in pieces of several lengths, and cut in two at every place.
func replayAll(t *testing.T, e mysqltest.Exchange, notable *int) {
	size := 0
	for _, s := range e.Transcript.Entries() {
		size += len(s.Bytes)
	}
	replay(t, e, func(int) int { return size + len(behind) })
	if t.Failed() {
		return
	}
	if size > 1<<20 { // pieces as sockets give them, and around the places where packets meet
		for _, n := range []int{1448, 65536, protocol.MaxPayload, protocol.MaxPayload + 2, protocol.MaxPayload + 5} {
			replay(t, e, func(int) int { return n })
		}
		return
	}
	for _, n := range []int{1, 2, 3, 5, 7, size + len(behind)} {
		replay(t, e, func(int) int { return n })
		replayBy(t, e, func(int) int { return n }, feedWatching(t, e, notable))
	}
	for at := 1; at <= min(size, 600); at++ {
		replay(t, e, func(arrived int) int {
			if arrived < at {
				return at - arrived
			}
			return size
		})
	}
}
