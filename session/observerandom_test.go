package session_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/scripting/hook"
)

// randomAnswer is an answer of several results, of rows of all sizes, as a server sends it.
func randomAnswer(r *rand.Rand, caps protocol.Capability, binary bool) (b []byte) {
	seq := byte(1)
	add := func(payload []byte) {
		b = protocol.AppendPacket(b, payload, seq)
		seq += byte(len(payload)/protocol.MaxPayload + 1)
	}
	results := 1 + r.IntN(3)
	for n := range results {
		status := protocol.StatusAutocommit
		if n+1 < results {
			status |= protocol.StatusMoreResults
		}
		if r.IntN(4) == 0 {
			add((&protocol.OK{AffectedRows: r.Uint64N(1000), Status: status, Info: []byte("info")}).Append(nil, caps))
			continue
		}
		columns := shopColumns()
		add([]byte{byte(len(columns))})
		for i := range columns {
			add(columns[i].Append(nil, caps))
		}
		if !caps.Has(protocol.ClientDeprecateEOF) {
			add(protocol.AppendEndOfRows(nil, status, 0, caps))
		}
		for i := range r.IntN(20) {
			add(shopPayload(i, r.IntN(1<<r.IntN(17)), binary))
		}
		if n+1 == results && r.IntN(4) == 0 {
			add(protocol.NewERR(1317, "interrupted").Append(nil))
		} else {
			add(protocol.AppendEndOfRows(nil, status, 2, caps))
		}
	}
	return b
}

// randomVerdict is what a script may say of a result.
func randomVerdict(r *rand.Rand, p *policy, head *hook.Result, made func(*viewer)) *hook.ResultVerdict {
	reject := &hook.Rejection{Code: 1142, State: "45000", Message: "no"}
	switch r.IntN(12) {
	case 0:
		return &hook.ResultVerdict{Reject: reject}
	case 1:
		return &hook.ResultVerdict{Reply: table([]hook.Value{hook.Int(1), hook.Text("a")}).Reply}
	case 2:
		return &hook.ResultVerdict{Reply: new(hook.Reply)}
	case 3:
		return new(hook.ResultVerdict)
	}
	if head.Columns == nil {
		return new(hook.ResultVerdict)
	}
	view := &viewer{}
	made(view)
	v := &hook.ResultVerdict{Stream: view, EndOnly: r.IntN(6) == 0}
	columns := len(head.Columns)
	if !v.EndOnly && r.IntN(3) == 0 {
		columns--
		v.Columns = head.Columns[1:]
	}
	var out hook.Batch
	view.rows = func(b *hook.Batch) *hook.RowsVerdict {
		out.Reset(columns)
		for i := range b.Len() {
			if r.IntN(3) > 0 {
				out.AddRow(b.Row(i)[len(head.Columns)-columns:])
			}
		}
		said := &hook.RowsVerdict{Rows: &out, Same: v.Columns == nil && r.IntN(2) == 0}
		switch r.IntN(20) {
		case 0:
			said.Reject = reject
		case 1:
			said.Stop = true
		}
		return said
	}
	view.end = func(*hook.End) *hook.EndVerdict {
		if r.IntN(10) == 0 {
			return &hook.EndVerdict{Reject: reject}
		}
		return new(hook.EndVerdict)
	}
	if r.IntN(2) == 0 {
		view.wait(p)
	}
	return v
}

// garbled is an answer that is cut off, with bytes changed.
func garbled(r *rand.Rand, answer []byte) []byte {
	for range 1 + r.IntN(3) {
		answer[r.IntN(len(answer))] = byte(r.IntN(256))
	}
	return append(answer[:len(answer)-r.IntN(len(answer)/2)], make([]byte, r.IntN(2))...)
}

// Whatever a server sends, whole or not, and whatever the script says of it: the client reads an answer or is told, each stream is ended once, and
// a sound answer leaves the session in order.
func TestObservedRandomly(t *testing.T) {
	for dialect, caps := range dialects {
		t.Run(dialect, func(t *testing.T) {
			var r *rand.Rand
			var views []*viewer
			p := observing(nil)
			p.result = func(_ hook.Query, head *hook.Result) *hook.ResultVerdict {
				return randomVerdict(r, p, head, func(v *viewer) { views = append(views, v) })
			}
			w := newShop(t, p, func(s *setup) {
				s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
					var seed uint64
					if _, err := fmt.Sscanf(string(payload[1:]), "SELECT random %d", &seed); err != nil {
						shop(cmd, payload, a)
						return
					}
					r := rand.New(rand.NewPCG(seed, 2))
					answer := randomAnswer(r, a.Capabilities(), false)
					if seed%2 == 0 {
						a.Raw(answer)
						return
					}
					a.Raw(garbled(r, answer))
					a.Die()
				}
			})
			for seed := range uint64(300) {
				w.on(0, func() { r, views = rand.New(rand.NewPCG(seed, 1)), nil })
				c := w.with(caps)
				_, err := c.Query(fmt.Sprint("SELECT random ", seed))
				if seed%2 == 0 {
					if _, isERR := err.(*protocol.ERR); err != nil && !isERR {
						t.Errorf("seed %d: %v", seed, err)
					}
					if _, err := c.Command(protocol.ComPing); err != nil {
						t.Errorf("seed %d, behind it: %v", seed, err)
					}
				}
				c.Close()
				w.waitSessions(0)
				w.on(0, func() {
					for _, v := range views {
						if v.ended != 1 {
							t.Errorf("seed %d: a stream was ended %d times", seed, v.ended)
						}
					}
				})
				if t.Failed() {
					return
				}
			}
		})
	}
}
