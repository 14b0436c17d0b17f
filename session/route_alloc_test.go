package session_test

import (
	"fmt"
	"io"
	"net"
	"testing"

	"parkway/config"
	"parkway/protocol"
	"parkway/session/rules"
)

// manyRules are n rules that depend on digests: the last sends the reads of these tests to hostgroup 2, and those before match
// nothing of them.
func manyRules(n int) (list []rules.Rule) {
	for i := range n - 1 {
		list = append(list, rule(i, fmt.Sprintf("^SELECT .* FROM t%d ", i), 1))
	}
	return append(list, rule(n, "^SELECT", 2))
}

// routedExchanger returns a function that runs a read and a write, which go to two hostgroups, through a fresh proxy.
func routedExchanger(tb testing.TB, program *rules.Program, multiplexing bool) func() {
	answer := pointSelect()
	serve := serveCanned(answer, serverCapabilities|protocol.ClientSessionTrack)
	p := startRouted(tb, []net.Addr{newServer(tb, serve), newServer(tb, serve)}, func(v *config.MySQLVariables) { v.Multiplexing = multiplexing }, program)
	c := login(tb, p.addr)
	got := make([]byte, len(answer))
	var requests [][]byte
	for _, sql := range []string{"SELECT c FROM sbtest1 WHERE id=5024", "TABLE sbtest1"} {
		requests = append(requests, protocol.AppendPacket(nil, append([]byte{byte(protocol.ComQuery)}, sql...), 0))
	}
	return func() {
		for _, request := range requests {
			if _, err := c.Write(request); err != nil {
				tb.Fatal(err)
			}
			if _, err := io.ReadFull(c, got); err != nil {
				tb.Fatal(err)
			}
		}
	}
}

func TestNoAllocationPerRoutedCommand(t *testing.T) {
	list := manyRules(100)
	address := rules.Any(0)
	address.RuleID, address.ClientAddr, address.Timeout = 1000, "127.%", 0
	for _, multiplexing := range []bool{true, false} {
		for name, list := range map[string][]rules.Rule{"digest": list, "address": append([]rules.Rule{address}, list...)} {
			t.Run(fmt.Sprintf("%s/multiplexing %v", name, multiplexing), func(t *testing.T) {
				exchange := routedExchanger(t, compile(t, list...), multiplexing)
				for range 100 {
					exchange()
				}
				if n := testing.AllocsPerRun(200, exchange); n != 0 {
					t.Errorf("%v allocations per read and write", n)
				}
			})
		}
	}
}

// What rules cost: a thousand as much as one.
func BenchmarkRules(b *testing.B) {
	for _, n := range []int{0, 1, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var program *rules.Program
			if n > 0 {
				program = compile(b, manyRules(n)...)
			}
			exchange := routedExchanger(b, program, true)
			exchange()
			b.ReportAllocs()
			for b.Loop() {
				exchange()
			}
		})
	}
}
