package stmt

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// replay runs a recorded session of a client program as the proxy would.
type replay struct {
	t        *testing.T
	caps     protocol.Capability
	clients  *ClientStatements
	server   *ServerStatements
	byServer map[uint32]*Entry // by the recorded server's ids, which the client used
	patcher  Patcher
	nextID   uint32

	executions, without int
}

// What client programs and libraries have sent, recorded by TestRealCapture. To the server that is used all the time it goes as it
// was, but for the id; a server that sees the statement for the first time gets the types as well.
func TestCaptures(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatal("no captures: ", err)
	}
	without := 0
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			said, err := mysqltest.ParseTranscript(string(data))
			if err != nil {
				t.Fatal(err)
			}
			r := &replay{t: t, clients: NewClientStatements(NewRegistry(100, 1<<20), 100, 1<<20), server: NewServerStatements(100), byServer: map[uint32]*Entry{}}
			r.run(said.Entries())
			if r.executions < 3 || r.clients.Held() != 0 {
				t.Errorf("%d executions, held %d", r.executions, r.clients.Held())
			}
			without += r.without
		})
	}
	if without < 10 {
		t.Errorf("only %d executions came without types", without)
	}
}

func (r *replay) run(said []mysqltest.Said) {
	var greeting protocol.Handshake
	var response protocol.HandshakeResponse
	if err := greeting.Decode(said[0].Bytes[protocol.HeaderLen:]); err != nil {
		r.t.Fatal(err)
	}
	if err := response.Decode(said[1].Bytes[protocol.HeaderLen:]); err != nil {
		r.t.Fatal(err)
	}
	r.caps = response.Capabilities & greeting.Capabilities
	for i, s := range said[2:] {
		if s.ByServer {
			continue
		}
		var answer []byte
		if i+3 < len(said) {
			answer = said[i+3].Bytes
		}
		// Commands without an answer stand together with the one that follows.
		for rest := s.Bytes; len(rest) > protocol.HeaderLen; {
			length, seq := protocol.Header(rest)
			command := rest[:protocol.HeaderLen+length]
			rest = rest[len(command):]
			if seq == 0 {
				r.command(command, answer)
			}
		}
	}
}

func (r *replay) command(m, answer []byte) {
	id, _ := ReadID(m)
	switch protocol.Command(m[protocol.HeaderLen]) {
	case protocol.ComStmtPrepare:
		s := r.clients.registry.Acquire(Context{Class: r.caps}, m[idStart:])
		var head protocol.PrepareOK
		if err := head.Decode(answer[protocol.HeaderLen:], r.caps); err != nil {
			r.t.Fatalf("%s: %v", s.Text, err)
		}
		s.Prepared(head)
		serverID, _ := ReadID(answer)
		r.byServer[serverID] = r.clients.Add(s)
	case protocol.ComStmtExecute:
		r.execute(r.byServer[id], m)
	case protocol.ComStmtClose:
		r.clients.Close(r.byServer[id], r.server)
	}
}

func (r *replay) execute(e *Entry, m []byte) {
	r.executions++
	x, refusal := e.Read(m, true, r.caps, "")
	if refusal != nil || x.Need > 0 {
		r.t.Fatalf("%q: %v, needs %d", m, refusal, x.Need)
	}
	want := bytes.Clone(m[idEnd:])
	on := r.server.Find(r.clients.Slot(e))
	if on == nil {
		r.nextID++
		on = r.server.Add(r.clients.Slot(e), 1000+r.nextID)
	}
	firstHere := on.types == nil && e.Statement.Params() > 0
	got := apply(r.patcher.Patch(m, x, on), m)
	if id, _ := ReadID(got); id != on.ID || !firstHere && !bytes.Equal(got[idEnd:], want) {
		r.t.Errorf("%q became %q", want, got)
	}
	at, need := locate(m[protocol.HeaderLen:], e.Statement.Params(), r.caps)
	if need > 0 {
		r.t.Fatalf("needs %d", need)
	}
	if e.Statement.Params() > 0 && !at.bound {
		r.without++
	}
	elsewhere := apply(r.patcher.Patch(m, x, &Prepared{ID: 9}), m)
	if at, _ := locate(elsewhere[protocol.HeaderLen:], e.Statement.Params(), r.caps); e.Statement.Params() > 0 && !at.bound {
		r.t.Errorf("another server gets no types: %q", elsewhere)
	}
	r.clients.Executed(e, r.server, false, false)
}
