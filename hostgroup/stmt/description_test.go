package stmt

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// preparations are the successful COM_STMT_PREPARE exchanges that package protocol has recorded on real servers.
func preparations(t testing.TB) (list []mysqltest.Exchange) {
	t.Helper()
	paths, err := filepath.Glob("../../protocol/testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatal("no recorded exchanges: ", err)
	}
	for _, path := range paths {
		exchanges, err := mysqltest.ReadExchanges(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range exchanges {
			if e.Command == protocol.ComStmtPrepare && e.Code == 0 {
				e.Name = strings.TrimSuffix(filepath.Base(path), ".txt") + "/" + e.Name
				list = append(list, e)
			}
		}
	}
	return list
}

// What a server answered is what the proxy answers, but for the id.
func TestAnswerIsTheServers(t *testing.T) {
	r := NewRegistry(1000, 1<<20)
	var rec Recorder
	answered := 0
	for _, e := range preparations(t) {
		said := e.Transcript.Entries()
		answer := bytes.Clone(said[1].Bytes)
		s := r.Acquire(Context{Class: e.Capabilities}, said[0].Bytes[idStart:])
		rec.Start()
		for rest := answer; len(rest) > 0; rest = rest[min(len(rest), 7):] {
			rec.Add(rest[:min(len(rest), 7)])
		}
		if err := r.Describe(s, &rec, e.Capabilities); err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		serverID, ok := PatchPrepared(answer, 0x01020304)
		if id, _ := ReadID(said[1].Bytes); !ok || id != serverID {
			t.Errorf("%s: PatchPrepared gives %d, %v", e.Name, serverID, ok)
		}
		if !s.Answerable() {
			if !optional(e) {
				t.Errorf("%s: not answerable", e.Name)
			}
			continue
		}
		answered++
		if got := s.AppendAnswer(nil, 0x01020304, 1, e.Status, e.Capabilities); !bytes.Equal(got, answer) {
			t.Errorf("%s:\n got %q\nwant %q", e.Name, got, answer)
		}
	}
	if answered < 100 {
		t.Errorf("only %d recorded answers", answered)
	}
}

// optional says that definitions were negotiated away in this exchange.
func optional(e mysqltest.Exchange) bool {
	var head protocol.PrepareOK
	err := head.Decode(e.Transcript.Entries()[1].Bytes[protocol.HeaderLen:], e.Capabilities)
	return err == nil && head.NoMetadata
}

func describeAll(t *testing.T, r *Registry, s *Statement, caps protocol.Capability, payloads ...[]byte) error {
	t.Helper()
	var rec Recorder
	for i, p := range payloads {
		rec.Add(protocol.AppendPacket(nil, p, byte(i+1)))
	}
	return r.Describe(s, &rec, caps)
}

func TestDescribe(t *testing.T) {
	const caps = protocol.ClientDeprecateEOF
	r := NewRegistry(10, 1<<20)
	s := r.Acquire(Context{}, []byte("SELECT ?"))
	head := func(params, columns, warnings uint16) []byte {
		h := protocol.PrepareOK{StatementID: 9, Params: params, Columns: columns, Warnings: warnings}
		return h.Append(nil, caps)
	}
	if s.Answerable() {
		t.Error("answerable before any server has prepared it")
	}
	for _, test := range []struct {
		name       string
		payloads   [][]byte
		fails      bool
		answerable bool
		params     int
	}{
		{"nothing", nil, true, false, 0},
		{"an error", [][]byte{{0xff, 1, 2}}, true, false, 0},
		{"no definitions needed", [][]byte{head(0, 0, 0)}, false, true, 0},
		{"one parameter", [][]byte{head(1, 0, 0), {1}}, false, true, 1},
		{"a definition is missing", [][]byte{head(1, 1, 0), {1}}, false, false, 1},
		{"changed", [][]byte{head(2, 1, 0), {1}, {2}, {3}}, false, true, 2},
		{"warnings", [][]byte{head(2, 1, 1), {1}, {2}, {3}}, false, false, 2},
		{"too long to keep", [][]byte{head(1, 1, 0), {1}, make([]byte, MaxDescription)}, false, false, 1},
		{"in order again", [][]byte{head(1, 1, 0), {1}, {2}}, false, true, 1},
	} {
		err := describeAll(t, r, s, caps, test.payloads...)
		if (err != nil) != test.fails || !test.fails && (s.Answerable() != test.answerable || s.Params() != test.params) {
			t.Errorf("%s: answerable %v, %d parameters, %v", test.name, s.Answerable(), s.Params(), err)
		}
	}
	want := protocol.AppendPacket(protocol.AppendPacket(protocol.AppendPacket(nil, func() []byte {
		h := protocol.PrepareOK{StatementID: 3, Params: 1, Columns: 1}
		return h.Append(nil, caps)
	}(), 255), []byte{1}, 0), []byte{2}, 1)
	if got := s.AppendAnswer(nil, 3, 255, 0, caps); !bytes.Equal(got, want) {
		t.Errorf("answer %q, want %q", got, want)
	}
}

// A description that is the same as before changes nothing and costs nothing.
func TestDescribeAgain(t *testing.T) {
	r := NewRegistry(10, 1<<20)
	e := preparations(t)[3]
	s := r.Acquire(Context{}, nil)
	var rec Recorder
	rec.Add(e.Transcript.Entries()[1].Bytes)
	if allocs := testing.AllocsPerRun(100, func() {
		if err := r.Describe(s, &rec, e.Capabilities); err != nil {
			t.Fatal(err)
		}
	}); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestPatchPreparedLeavesErrors(t *testing.T) {
	for _, answer := range []string{"", "\x01\x00\x00\x01\x00", "\x09\x00\x00\x01\xff\x28\x04#42000"} {
		b := []byte(answer)
		if _, ok := PatchPrepared(b, 1); ok || string(b) != answer {
			t.Errorf("%q: patched", answer)
		}
	}
}

func FuzzDescribe(f *testing.F) {
	for _, e := range preparations(f) {
		f.Add(e.Transcript.Entries()[1].Bytes, uint64(e.Capabilities))
	}
	f.Fuzz(func(t *testing.T, answer []byte, c uint64) {
		caps := protocol.Capability(c)
		r := NewRegistry(1, 1<<20)
		s := r.Acquire(Context{}, nil)
		var rec Recorder
		rec.Add(answer)
		if err := r.Describe(s, &rec, caps); err != nil || !s.Answerable() {
			return
		}
		if r.Bytes() != int64(len(s.definitions)) {
			t.Fatalf("%d bytes counted, %d kept", r.Bytes(), len(s.definitions))
		}
		// The proxy's answer is one that describes the same.
		rec.Start()
		rec.Add(s.AppendAnswer(nil, 1, 1, 0, caps))
		again := r.Acquire(Context{}, []byte("again"))
		if err := r.Describe(again, &rec, caps); err != nil || again.params != s.params || again.columns != s.columns {
			t.Errorf("%v; %d/%d instead of %d/%d", err, again.params, again.columns, s.params, s.columns)
		}
	})
}
