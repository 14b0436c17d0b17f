package session_test

import (
	"io"
	"net"
	"testing"

	"parkway/config"
	"parkway/protocol"
	"parkway/scripting/hook"
)

// pointSelect is the answer to a query for one row of one column.
func pointSelect() []byte {
	caps := protocol.ClientDeprecateEOF
	column := protocol.ColumnDefinition{Name: "c", OrgName: "c", Table: "sbtest1", OrgTable: "sbtest1", Schema: "sbtest"}
	end := protocol.OK{Header: 0xfe, Status: protocol.StatusAutocommit}
	b := protocol.AppendPacket(nil, []byte{1}, 1)
	b = protocol.AppendPacket(b, column.Append(nil, caps), 2)
	b = protocol.AppendPacket(b, protocol.AppendTextRow(nil, make([]byte, 120)), 3)
	return protocol.AppendPacket(b, end.Append(nil, caps), 4)
}

// steadyCommands are the commands that must cost no allocation.
var steadyCommands = map[string][]byte{
	"COM_QUERY":        append([]byte{byte(protocol.ComQuery)}, "SELECT c FROM sbtest1 WHERE id=5024"...),
	"COM_STMT_EXECUTE": {byte(protocol.ComStmtExecute), 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 0, 1, 0, 0, 0},
}

// exchanger returns a function that runs one command through a fresh proxy.
func exchanger(tb testing.TB, command []byte, more protocol.Capability) func() {
	return scriptedExchanger(tb, command, more, nil)
}

// scriptedExchanger is exchanger with a script, if it is not nil.
func scriptedExchanger(tb testing.TB, command []byte, more protocol.Capability, script hook.Hooks) func() {
	answer := pointSelect()
	server := newServer(tb, serveCanned(answer, serverCapabilities|more))
	c := login(tb, startScripted(tb, []net.Addr{server}, func(v *config.MySQLVariables) { v.Multiplexing = more != 0 }, nil, script).addr)
	request := protocol.AppendPacket(nil, command, 0)
	if protocol.Command(command[0]) == protocol.ComStmtExecute {
		id := prepareRaw(tb, c)
		copy(request[protocol.HeaderLen+1:], id)
	}
	got := make([]byte, len(answer))
	return func() {
		if _, err := c.Write(request); err != nil {
			tb.Fatal(err)
		}
		if _, err := io.ReadFull(c, got); err != nil {
			tb.Fatal(err)
		}
	}
}

// prepareRaw prepares a statement of serveCanned, and returns its id as commands have it.
func prepareRaw(tb testing.TB, c net.Conn) (id []byte) {
	tb.Helper()
	if _, err := c.Write(protocol.AppendPacket(nil, append([]byte{byte(protocol.ComStmtPrepare)}, "SELECT ?"...), 0)); err != nil {
		tb.Fatal(err)
	}
	head := readPacket(tb, c)
	readPacket(tb, c) // the parameter
	return head[1:5]
}

func TestNoAllocationPerCommand(t *testing.T) {
	scripts := map[string]hook.Hooks{
		"no script":      nil,
		"no hook":        newPolicy(nil),
		"nothing":        newPolicy(func(hook.Query) *hook.Verdict { return hook.Nothing }),
		"sees no answer": looksAway,
		"asks": newPolicy(func(q hook.Query) *hook.Verdict {
			if len(q.SQL()) > 1 && q.Digest() != 0 && q.Hostgroup() == 1 && q.ClientAddr() != "" && len(q.Params()) < 2 {
				return toFirst
			}
			return hook.Nothing
		}),
	}
	for name, command := range steadyCommands {
		for server, more := range map[string]protocol.Capability{"plain": 0, "tracked": protocol.ClientSessionTrack} {
			for says, script := range scripts {
				t.Run(name+"/"+server+"/"+says, func(t *testing.T) {
					exchange := scriptedExchanger(t, command, more, script)
					for range 100 {
						exchange()
					}
					if n := testing.AllocsPerRun(200, exchange); n != 0 {
						t.Errorf("%v allocations per command", n)
					}
				})
			}
		}
	}
}

// looksAway is a script with an onResult that wants to see none of these answers.
var looksAway = func() *policy {
	p := newPolicy(func(hook.Query) *hook.Verdict { return hook.Nothing })
	p.result = func(hook.Query, *hook.Result) *hook.ResultVerdict { panic("seen") }
	return p
}()

// toFirst is a verdict.
var toFirst = routeTo(1)

func BenchmarkCommand(b *testing.B) {
	for name, command := range steadyCommands {
		for server, more := range map[string]protocol.Capability{"plain": 0, "tracked": protocol.ClientSessionTrack} {
			b.Run(name+"/"+server, func(b *testing.B) {
				exchange := exchanger(b, command, more)
				exchange()
				b.ReportAllocs()
				for b.Loop() {
					exchange()
				}
			})
		}
	}
}
