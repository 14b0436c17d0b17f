package e2e

import (
	"encoding/binary"
	"slices"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// pipelined are commands of all kinds for a client that has prepared the
// statement SELECT ?.
func pipelined(statement uint32) (commands [][]byte) {
	id := string(binary.LittleEndian.AppendUint32(nil, statement))
	command := func(c protocol.Command, rest string) { commands = append(commands, append([]byte{byte(c)}, rest...)) }
	for range 5 {
		command(protocol.ComQuery, "SELECT 1, 'one', NULL")
		command(protocol.ComPing, "")
		command(protocol.ComQuery, "SELECT * FROM missing")
		command(protocol.ComStmtSendLongData, id+"\x00\x00123")
		command(protocol.ComStmtExecute, id+"\x00\x01\x00\x00\x00\x00\x01\xfd\x00") // no NULL, types follow, no value
		command(protocol.ComStmtReset, id)
		command(protocol.ComQuery, "SELECT 1; DO 1; SELECT 2")
		command(protocol.ComBinlogDump, "refused")
		command(protocol.ComInitDB, "sbtest")
		command(protocol.ComQuery, "SELECT DATABASE(), REPEAT('x', 300000)")
		command(protocol.ComQuery, "DO SLEEP(0.001)")
	}
	command(protocol.ComStmtClose, id)
	command(protocol.ComQuery, "SELECT 'the end'")
	return commands
}

// A client that does not wait for answers is served in order: the same bytes
// come back as when it waits.
func TestRawPipeline(t *testing.T) {
	const prepared = "SELECT ?"
	proxied := sides(t)[1]
	var said mysqltest.Transcript
	waiting := mysqltest.Dial(t, mysqltest.ClientConfig{
		Addr: proxied.address(), User: "app", Password: "app", Database: "app", Transcript: &said, Timeout: patience,
	})
	commands := pipelined(prepare(t, waiting, prepared).StatementID)
	if len(commands) < 50 {
		t.Fatalf("only %d commands", len(commands))
	}
	said.Reset()
	for _, p := range commands {
		waiting.Command(protocol.Command(p[0]), p[1:]...) // an error is an answer too
	}
	var want []byte
	for _, part := range said.Entries() {
		if part.ByServer {
			want = append(want, part.Bytes...)
		}
	}
	for _, test := range []struct {
		name string
		size int // of each write
	}{{"in one write", 1 << 20}, {"in pieces of 7 bytes", 7}, {"in pieces of 50 bytes", 50}} {
		t.Run(test.name, func(t *testing.T) {
			c := proxied.dial(t, 0)
			var all []byte
			for _, p := range pipelined(prepare(t, c, prepared).StatementID) {
				all = protocol.AppendPacket(all, p, 0)
			}
			for piece := range slices.Chunk(all, test.size) {
				if err := c.WriteRaw(piece); err != nil {
					t.Fatal(err)
				}
			}
			var got []byte
			for len(got) < len(want) {
				p, err := c.ReadRaw(1 << 16)
				if err != nil {
					t.Fatalf("%v after %d bytes of %d", err, len(got), len(want))
				}
				got = append(got, p...)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("the answers differ from byte %d on: %q, want %q", i,
						got[max(0, i-40):min(i+40, len(got))], want[max(0, i-40):min(i+40, len(want))])
				}
			}
		})
	}
}
