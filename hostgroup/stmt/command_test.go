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
		exchanges, err := mysqltest.ReadExchanges(path, protocol.ComStmtPrepare)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range exchanges {
			if e.Code == 0 {
				e.Name = strings.TrimSuffix(filepath.Base(path), ".txt") + "/" + e.Name
				list = append(list, e)
			}
		}
	}
	return list
}

// Of what servers have answered, only the id changes.
func TestPatchPrepared(t *testing.T) {
	for _, e := range preparations(t) {
		original := e.Transcript.Entries()[1].Bytes
		answer := bytes.Clone(original)
		serverID, ok := PatchPrepared(answer, 0x01020304)
		if id, _ := ReadID(original); !ok || id != serverID {
			t.Errorf("%s: PatchPrepared gives %d, %v", e.Name, serverID, ok)
		}
		if id, _ := ReadID(answer); id != 0x01020304 || !bytes.Equal(answer[idEnd:], original[idEnd:]) {
			t.Errorf("%s: %q", e.Name, answer)
		}
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
