package protocol

import (
	"errors"
	"strings"
	"testing"
)

// packets makes a stream of payloads numbered from seq on.
func packets(seq byte, payloads ...string) (stream []byte) {
	for i, p := range payloads {
		stream = AppendPacket(stream, []byte(p), seq+byte(i))
	}
	return stream
}

const (
	okPacket   = "\x00\x00\x00\x02\x00\x00\x00"
	okMore     = "\x00\x00\x00\x0a\x00\x00\x00"
	eofPacket  = "\xfe\x00\x00\x02\x00"
	eofMore    = "\xfe\x00\x00\x0a\x00"
	eofCursor  = "\xfe\x00\x00\x42\x00"
	okAsEOF    = "\xfe\x00\x00\x02\x00\x00\x00"
	errPacket  = "\xff\x28\x04#42000no"
	progress   = "\xff\xff\xff\x01\x01\x02\x00\x00\x00\x04work"
	definition = "\x03def"
)

// What golden files don't show. The real servers' answers are replayed in golden_test.go.
func TestResponseReader(t *testing.T) {
	for _, test := range []struct {
		name    string
		cmd     Command
		caps    Capability
		answer  []string
		code    uint16
		dangles bool // the answer doesn't end
	}{
		{"no answer", ComStmtClose, 0, nil, 0, false},
		{"OK", ComQuery, 0, []string{okPacket}, 0, false},
		{"ERR among the definitions", ComQuery, 0, []string{"\x03", definition, errPacket}, 1064, false},
		{"ERR in place of the EOF", ComQuery, 0, []string{"\x01", definition, errPacket}, 1064, false},
		{"ERR among rows", ComQuery, ClientDeprecateEOF, []string{"\x01", definition, "\x011", errPacket}, 1064, false},
		{"ERR in the second result", ComQuery, 0, []string{okMore, errPacket}, 1064, false},
		{"EOF as the only packet", ComQuery, 0, []string{eofPacket}, 0, false},
		{"EOF in spite of DEPRECATE_EOF", ComQuery, ClientDeprecateEOF, []string{"\x01", definition, eofPacket}, 0, false},
		{"rows that begin with every byte", ComQuery, 0, []string{"\x01", definition, eofPacket, "\x00", "\xfb", "\xfc\x00\x00", "\xfd\x00\x00\x00", "\xfe\x00\x00\x00\x00\x00\x00\x00\x00", eofPacket}, 0, false},
		{"progress before and within", ComQuery, ClientDeprecateEOF, []string{progress, progress, "\x01", progress, definition, progress, "\x011", progress, okAsEOF}, 0, false},
		{"progress before a prepared statement", ComStmtPrepare, 0, []string{progress, "\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"}, 0, false},
		{"cursor", ComStmtExecute, 0, []string{"\x01", definition, eofCursor}, 0, false},
		{"the flag of a cursor where none was asked for", ComQuery, 0, []string{"\x01", definition, eofCursor, "\x011", eofPacket}, 0, false},
		{"cursor, more results", ComStmtExecute, 0, []string{"\x01", definition, "\xfe\x00\x00\x4a\x00", okPacket}, 0, false},
		{"more results after COM_STMT_FETCH", ComStmtFetch, 0, []string{"\x00\x00", eofMore}, 0, false},
		{"more results after COM_PING", ComPing, 0, []string{okMore}, 0, false},
		{"file, second result", ComQuery, ClientLocalFiles, []string{okMore, "\xfbname"}, 0, true},
		{"empty statistics", ComStatistics, 0, []string{""}, 0, false},
		{"refused statistics", ComStatistics, 0, []string{errPacket}, 1064, false},
		{"column count in three bytes", ComQuery, ClientDeprecateEOF, append(append([]string{"\xfc\x2c\x01"}, make300()...), okAsEOF), 0, false},
		{"definitions are left out", ComQuery, ClientOptionalResultsetMetadata | ClientDeprecateEOF, []string{"\x02\x00", "\x011\x011", okAsEOF}, 0, false},
		{"definitions are left out, EOF is not", ComQuery, ClientOptionalResultsetMetadata, []string{"\x02\x00", eofPacket, "\x011\x011", eofPacket}, 0, false},
		{"unknown command", Command(0x42), 0, []string{errPacket}, 1064, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			stream := packets(1, test.answer...)
			var r ResponseReader
			for at := range len(stream) + 1 {
				r.Start(test.cmd, test.caps, 1)
				n, prog, err := r.Feed(stream[:at])
				if err == nil && prog == More {
					var m int
					m, prog, err = r.Feed(append(stream[n:len(stream):len(stream)], "\x07\x00\x00\x01"...))
					n += m
				}
				if n != len(stream) || err != nil || (prog == Done) == test.dangles {
					t.Fatalf("cut after %d of %d bytes: %d, %d, %v", at, len(stream), n, prog, err)
				}
				if code, failed := r.Failed(); code != test.code || failed != (test.code != 0) {
					t.Errorf("Failed() = %d, %v", code, failed)
				}
				if r.Started() != (len(stream) > 0) || r.NextSeq() != byte(1+len(test.answer)) || r.Partial() {
					t.Errorf("Started() %v, NextSeq() %d, Partial() %v", r.Started(), r.NextSeq(), r.Partial())
				}
			}
		})
	}
}

func make300() []string {
	list := make([]string, 300)
	for i := range list {
		list[i] = definition
	}
	return list
}

func TestResponseReaderRefuses(t *testing.T) {
	for _, test := range []struct {
		name, want string
		cmd        Command
		caps       Capability
		answer     []string
	}{
		{"empty packet", "an empty packet", ComQuery, 0, []string{""}},
		{"empty row", "an empty packet", ComQuery, ClientDeprecateEOF, []string{"\x01", definition, ""}},
		{"no columns", "no column count", ComQuery, 0, []string{"\xfc\x00\x00"}},
		{"too many columns", "no column count", ComQuery, 0, []string{"\xfd\x00\x00\x01"}},
		{"count and more", "no column count", ComQuery, 0, []string{"\x01\x01"}},
		{"count, flag and more", "no column count", ComQuery, MariaDBCacheMetadata, []string{"\x01\x01\x01"}},
		{"text", "no column count", ComQuery, 0, []string{"HTTP/1.1 400"}},
		{"missing definitions", "1 column definitions are missing", ComQuery, 0, []string{"\x02", definition, eofPacket}},
		{"missing EOF", "instead of an EOF packet", ComQuery, 0, []string{"\x01", definition, "\x011"}},
		{"short OK", "OK or EOF packet without a status", ComQuery, 0, []string{"\x00\x00\x00"}},
		{"OK without status", "OK or EOF packet without a status", ComQuery, 0, []string{"\x00\x00\x00\x02"}},
		{"bad number in OK", "OK or EOF packet", ComQuery, 0, []string{"\x00\xff\x00\x02\x00\x00\x00"}},
		{"short ERR", "an ERR packet of 2 bytes", ComQuery, 0, []string{"\xff\x01"}},
		{"rows for COM_PING", "instead of an OK, EOF or ERR", ComPing, 0, []string{"\x01"}},
		{"short head", "answer to COM_STMT_PREPARE: 5 bytes are no head of a prepared statement", ComStmtPrepare, 0, []string{"\x00\x01\x00\x00\x00"}},
		{"long head", "no head of a prepared statement", ComStmtPrepare, 0, []string{strings.Repeat("\x00", 33)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			stream := packets(1, test.answer...)
			var r ResponseReader
			r.Start(test.cmd, test.caps, 1)
			n, _, err := r.Feed(stream)
			var malformed *MalformedError
			if !errors.As(err, &malformed) || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("%v, want %q", err, test.want)
			}
			if last := HeaderLen + len(test.answer[len(test.answer)-1]); n != len(stream)-last {
				t.Errorf("%d of %d bytes consumed", n, len(stream)-last)
			}
		})
	}
}

func TestResponseReaderOutOfOrder(t *testing.T) {
	inactivity := "\xff\xbf\x0f#HY000The client was disconnected by the server because of inactivity."
	var r ResponseReader
	r.Start(ComQuery, 0, 1)
	n, _, err := r.Feed(packets(0, inactivity))
	var malformed *MalformedError
	var order *SequenceError
	if n != 0 || !errors.As(err, &malformed) || !errors.As(err, &order) {
		t.Fatalf("%d, %v", n, err)
	}
	if malformed.Server == nil || malformed.Server.Code != ErrCodeInteractionTimeout || *order != (SequenceError{Got: 0, Want: 1}) {
		t.Errorf("%v", err)
	}

	r.Start(ComQuery, ClientDeprecateEOF, 1)
	stream := append(packets(1, "\x01", definition), packets(4, "\x011")...)
	if n, _, err := r.Feed(stream); n != len(packets(1, "\x01", definition)) || !errors.As(err, &order) {
		t.Errorf("%d, %v", n, err)
	}
}

func TestStatus(t *testing.T) {
	var r ResponseReader
	r.SetStatus(StatusAutocommit)
	feed := func(cmd Command, payload string) {
		t.Helper()
		r.Start(cmd, 0, 1)
		if _, prog, err := r.Feed(packets(1, payload)); prog != Done || err != nil {
			t.Fatal(prog, err)
		}
	}
	feed(ComStatistics, "Uptime: 1")
	if r.Status() != StatusAutocommit {
		t.Errorf("%#x after an answer without status", r.Status())
	}
	feed(ComQuery, "\x00\x00\x00\x01\x40\x00\x00")
	if r.Status() != StatusInTrans|StatusSessionStateChanged {
		t.Errorf("%#x after an OK packet", r.Status())
	}
	feed(ComQuery, errPacket)
	if r.Status() != StatusInTrans {
		t.Errorf("%#x after an ERR packet", r.Status())
	}
	r.Start(ComQuery, 0, 1)
	if _, prog, _ := r.Feed(packets(1, okMore)); prog != More || r.Status() != StatusAutocommit {
		t.Errorf("%d, %#x between results", prog, r.Status())
	}
}

// The texts are those of real servers, of which one code is for all options that forbid something.
func TestReadOnly(t *testing.T) {
	var r ResponseReader
	for _, test := range []struct {
		code uint16
		text string
		want bool
	}{
		{ErrCodeOptionPrevents, "The MariaDB server is running with the --read-only option so it cannot execute this statement", true},
		{ErrCodeOptionPrevents, "The MariaDB server is running with the --secure-file-priv option so it cannot execute this statement", false},
		{ErrCodeOptionPrevents, "The MySQL server is running with the --super-read-only option so it cannot execute this statement", true},
		{ErrCodeOptionPrevents, "Der MySQL-Server läuft mit der Option --read-only und kann diese Anweisung deswegen nicht ausführen", true},
		{ErrCodeOptionPrevents, "The MySQL server is running with the --secure-file-priv option so it cannot execute this statement", false},
		{ErrCodeServerIsReadOnly, "Running in read-only mode", true},
		{ErrCodeParse, "read-only", false},
		{ErrCodeServerIsReadOnly, "", true},
	} {
		said := ERR{Code: test.code, State: "HY000", Message: test.text}
		r.Start(ComQuery, 0, 1)
		if _, _, err := r.Feed(packets(1, okMore, string(said.Append(nil)))); err != nil || r.ReadOnly() != test.want {
			t.Errorf("%d %s: %v, %v", test.code, test.text, r.ReadOnly(), err)
		}
	}
	r.Start(ComQuery, 0, 1)
	if r.ReadOnly() {
		t.Error("an answer that has not come says so")
	}
}

func TestPrepared(t *testing.T) {
	head := "\x00\x07\x00\x00\x00\x01\x00\x02\x00\x00\x00\x00"
	var r ResponseReader
	r.Start(ComStmtPrepare, 0, 1)
	if _, prog, err := r.Feed(packets(1, head, definition, definition, eofPacket, definition, eofPacket)); prog != Done || err != nil {
		t.Fatal(prog, err)
	}
	if want := (PrepareOK{StatementID: 7, Columns: 1, Params: 2}); r.Prepared() != want {
		t.Errorf("%+v", r.Prepared())
	}
	r.Start(ComStmtPrepare, 0, 1)
	if _, prog, err := r.Feed(packets(1, errPacket)); prog != Done || err != nil || r.Prepared() != (PrepareOK{}) {
		t.Error(prog, err, r.Prepared())
	}
}

// A packet larger than HoldSize is passed on as it comes, but never before what has to be read of it is there.
func TestResponseReaderStreams(t *testing.T) {
	var r ResponseReader
	r.Start(ComQuery, ClientDeprecateEOF|ClientSessionTrack, 1)
	stream := packets(1, "\x01", definition, "\xfd\x00\x00\x01"+strings.Repeat("x", 1<<16), "\xfe\x00\x00\x02\x40\x00\x00"+strings.Repeat("y", HoldSize))
	row := len(packets(1, "\x01", definition))
	end := row + HeaderLen + 4 + 1<<16
	at := 0
	for _, step := range []struct {
		upTo, consumed int
		partial        bool
	}{
		{row + 3, row, false},
		{row + HeaderLen + prefixSize - 1, row, false},
		{row + HeaderLen + prefixSize, row + HeaderLen + prefixSize, true},
		{end - 1, end - 1, true},
		{end, end, false},
		{end + HeaderLen + prefixSize - 1, end, false},
		{len(stream) - 1, len(stream) - 1, true},
	} {
		n, prog, err := r.Feed(stream[at:step.upTo])
		at += n
		if at != step.consumed || prog != More || err != nil || r.Partial() != step.partial {
			t.Fatalf("up to %d: %d consumed, want %d; %d, %v, Partial() %v", step.upTo, at, step.consumed, prog, err, r.Partial())
		}
	}
	if n, prog, err := r.Feed(append(stream[at:], 1)); n != 1 || prog != Done || err != nil || r.Status() != StatusAutocommit|StatusSessionStateChanged {
		t.Errorf("at the end: %d, %d, %v, %#x", n, prog, err, r.Status())
	}
}

func TestNoAllocation(t *testing.T) {
	for _, caps := range []Capability{0, ClientDeprecateEOF} {
		answer := pointSelect(caps)
		message := AppendPacket(nil, []byte("\x03SELECT 1"), 0)
		var r ResponseReader
		var m MessageReader
		if n := testing.AllocsPerRun(100, func() {
			m.Start(0, HoldSize)
			_, _, _ = m.Feed(message)
			r.Start(ComQuery, caps, m.NextSeq())
			_, _, _ = r.Feed(answer)
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}
