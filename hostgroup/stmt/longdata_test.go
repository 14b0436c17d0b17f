package stmt

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"parkway/protocol"
)

// longData is a COM_STMT_SEND_LONG_DATA for the first parameter of the client's statement 1.
func longData(data string) []byte {
	head := binary.LittleEndian.AppendUint32([]byte{byte(protocol.ComStmtSendLongData)}, 1)
	return message(append(append(head, 0, 0), data...))
}

// What was kept goes to a server in front of the execution, and again to another one if that is lost; then it is gone.
func TestKeepLongData(t *testing.T) {
	c, e := openStatements("a")
	before := c.Slot(e[0])
	parts := [][]byte{longData("one"), longData(""), longData("two")}
	for _, part := range parts {
		if !c.KeepLongData(e[0], part, true) {
			t.Fatalf("%q is not kept", part)
		}
	}
	if c.Held() != 0 || c.Slot(e[0]) != before {
		t.Errorf("it holds %v, in %v", c.Held(), c.Slot(e[0]))
	}
	for _, id := range []uint32{7, 0x12345678} {
		for _, part := range parts {
			PatchID(part, id)
		}
		if got := e[0].KeptLongData(id); !slices.Equal(got, slices.Concat(parts...)) {
			t.Errorf("server's statement %d is sent %q", id, got)
		}
	}
	c.Executed(e[0], nil, false, false)
	if got := e[0].KeptLongData(7); len(got) != 0 || c.kept != 0 {
		t.Errorf("after the execution: %q, %d bytes", got, c.kept)
	}
}

// A client has a bound for all of its statements; what is beyond goes to the server, and so does all that follows for that statement.
func TestKeepLongDataBound(t *testing.T) {
	c, e := openStatements("a", "b")
	half := longData(strings.Repeat("x", maxKept/2))
	small := longData("small")
	if !c.KeepLongData(e[0], half, true) || c.KeepLongData(e[1], half, true) || !c.KeepLongData(e[1], small, true) {
		t.Fatal("the bound is elsewhere")
	}
	c.SentLongData(e[0])
	if c.KeepLongData(e[0], small, true) || len(e[0].KeptLongData(7)) > 0 || c.Held() != HoldLongData {
		t.Error("the server has a part, and the next is kept here")
	}
	if c.KeepLongData(e[1], small, false) || c.KeepLongData(e[1], small[:longDataHead-1], true) {
		t.Error("kept what is not whole")
	}
	if !c.KeepLongData(e[1], longData(""), true) {
		t.Error("an empty part is not kept")
	}
	c.Close(e[1], nil)
	if c.kept != 0 {
		t.Errorf("%d bytes after the end", c.kept)
	}
}

// A server may still have it after an execution that failed: its statement is closed.
func TestKeptLongDataOfAFailedExecution(t *testing.T) {
	for kept, want := range map[bool][]uint32{false: nil, true: {10}} {
		c, e := openStatements("a")
		server := NewServerStatements(10)
		server.Add(c.Slot(e[0]), 10)
		if kept && !c.KeepLongData(e[0], longData("x"), true) {
			t.Fatal("not kept")
		}
		c.Executed(e[0], server, false, true)
		if got := closedIDs(t, server.AppendCloses(nil, c)); !slices.Equal(got, want) {
			t.Errorf("kept %v: closed %v, want %v", kept, got, want)
		}
	}
}

func TestIsolate(t *testing.T) {
	c, e := openStatements("a", "a")
	shared := c.Slot(e[0])
	c.Isolate(e[0])
	if at := c.Slot(e[0]); at == shared || at.Shared() || c.Slot(e[1]) != shared || !shared.Shared() {
		t.Errorf("%v and %v, shared %v", at, c.Slot(e[1]), shared)
	}
}
