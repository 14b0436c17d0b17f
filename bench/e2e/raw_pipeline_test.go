package e2e

import (
	"bytes"
	"slices"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// A client that does not wait for answers is served in order: the same bytes
// come back as when it waits.
func TestRawPipeline(t *testing.T) {
	var commands [][]byte
	command := func(c protocol.Command, rest string) { commands = append(commands, append([]byte{byte(c)}, rest...)) }
	command(protocol.ComStmtPrepare, "SELECT ? + 1, REPEAT('p', 1000)")
	for range 5 {
		command(protocol.ComQuery, "SELECT 1, 'one', NULL")
		command(protocol.ComPing, "")
		command(protocol.ComQuery, "SELECT * FROM missing")
		command(protocol.ComStmtReset, "\x01\x00\x00\x00")
		command(protocol.ComQuery, "SELECT 1; DO 1; SELECT 2")
		command(protocol.ComBinlogDump, "refused")
		command(protocol.ComInitDB, "sbtest")
		command(protocol.ComQuery, "SELECT DATABASE(), REPEAT('x', 300000)")
		command(protocol.ComStmtSendLongData, "\x01\x00\x00\x00\x00\x00123")
		command(protocol.ComQuery, "DO SLEEP(0.001)")
	}
	if len(commands) < 50 {
		t.Fatalf("only %d commands", len(commands))
	}
	proxied := sides(t)[1]
	var said mysqltest.Transcript
	waiting := mysqltest.Dial(t, mysqltest.ClientConfig{
		Addr: proxied.address(), User: "app", Password: "app", Database: "app", Transcript: &said, Timeout: patience,
	})
	said.Reset()
	for _, p := range commands {
		if c := protocol.Command(p[0]); c == protocol.ComStmtPrepare {
			prepare(t, waiting, string(p[1:]))
		} else {
			waiting.Command(c, p[1:]...) // an error is an answer too
		}
	}
	var want, all []byte
	for _, part := range said.Entries() {
		if part.ByServer {
			want = append(want, part.Bytes...)
		}
	}
	for _, p := range commands {
		all = protocol.AppendPacket(all, p, 0)
	}
	for name, pieces := range map[string][][]byte{
		"in one write":          {all},
		"in pieces of 7 bytes":  slices.Collect(slices.Chunk(all, 7)),
		"in pieces of 50 bytes": slices.Collect(slices.Chunk(all, 50)),
	} {
		t.Run(name, func(t *testing.T) {
			c := proxied.dial(t, 0)
			for _, piece := range pieces {
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
			if !bytes.Equal(got, want) {
				t.Errorf("the answers are not the same: %d bytes, want %d", len(got), len(want))
			}
		})
	}
}
