package play

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parkway/bench/torture/script"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// playAt plays a script at a scripted server.
func playAt(t *testing.T, s *script.Script, cfg mysqltest.ServerConfig) (*mysqltest.Server, *Transcript) {
	t.Helper()
	mysqltest.CheckLeaks(t)
	server := mysqltest.NewServer(t, cfg)
	transcript, err := Play(t.Context(), Target{Addr: server.Addr(), Timeout: 5 * time.Second}, s)
	if err != nil {
		t.Fatal(err)
	}
	return server, transcript
}

// texts are the statements that a server got, in order.
func texts(server *mysqltest.Server) []string {
	var list []string
	for _, c := range server.Commands() {
		if c.Command == protocol.ComQuery {
			list = append(list, string(c.Payload[1:]))
		}
	}
	return list
}

func TestStrictOrder(t *testing.T) {
	s, _ := two()
	s.Entries = slices.Repeat(s.Entries, 20)
	server, transcript := playAt(t, s, mysqltest.ServerConfig{})
	if got := texts(server); !slices.Equal(got, slices.Repeat([]string{"a", "b", "c", "d"}, 20)) {
		t.Errorf("the server got %q", got)
	}
	for i, a := range transcript.Steps {
		if len(a) == 0 || !strings.HasPrefix(a[0], "ok: ") {
			t.Errorf("entry %d: %q", i, a)
		}
	}
	if a := transcript.Leaves[3]; len(a) != 1 || transcript.Leaves[7] != nil {
		t.Errorf("left with %q and %q", a, transcript.Leaves[7])
	}
}

// A step that another client's later step must free does not hold it up.
func TestStrictOrderPassesWhatWaits(t *testing.T) {
	s, _ := two()
	free := make(chan struct{})
	_, transcript := playAt(t, s, mysqltest.ServerConfig{Queries: map[string]mysqltest.Handler{
		"a": func(_ protocol.Command, _ []byte, w *mysqltest.Answer) { w.Wait(free); w.OK() },
		"d": func(_ protocol.Command, _ []byte, w *mysqltest.Answer) { close(free); w.OK() },
	}})
	for i, a := range transcript.Steps {
		if len(a) != 1 {
			t.Errorf("entry %d: %q", i, a)
		}
	}
}

func TestPlayWritesDownWhatClientsAreTold(t *testing.T) {
	s, _ := two()
	_, transcript := playAt(t, s, mysqltest.ServerConfig{Queries: map[string]mysqltest.Handler{
		"a": mysqltest.Rows([]string{"x"}, []string{"1"}, []string{"2"}),
		"b": mysqltest.Fail(1064, "no (5)"),
		"c": func(_ protocol.Command, _ []byte, w *mysqltest.Answer) {
			w.OKPacket(protocol.OK{AffectedRows: 3, InsertID: 4, Warnings: 5, Status: protocol.StatusInTrans, Info: []byte("six")})
		},
		"d": func(_ protocol.Command, _ []byte, w *mysqltest.Answer) { w.Die() },
	}})
	want := [][]string{
		{`"x"`, `row "1"`, `row "2"`, "AUTOCOMMIT"},
		{"error: 1064 (HY000): no (5)"},
		{"affected 3, id 4, warnings 5, status [IN_TRANS], info \"six\""},
		{"error: the connection has ended"},
	}
	for i, parts := range want {
		text := transcript.Steps[i].String()
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("entry %d: no %q in\n%s", i, part, text)
			}
		}
	}
}

func TestPlayEndsWithItsContext(t *testing.T) {
	s, _ := two()
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: func(_ protocol.Command, _ []byte, w *mysqltest.Answer) { w.Stall() }})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		server.WaitCommands(t, 1)
		cancel()
	}()
	if _, err := Play(ctx, Target{Addr: server.Addr()}, s); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// The types of parameters go with the first execution and when they change;
// what was sent as long data is left out.
func TestExecutePayload(t *testing.T) {
	st := &statement{id: 9, params: 2, longData: map[int]bool{}}
	for _, test := range []struct {
		params []string
		long   int
		want   string // behind the fixed head
	}{
		{[]string{"tiny:1", "string:a"}, -1, "00 01 0100 fd00 01 0161"},
		{[]string{"tiny:2", "string:b"}, -1, "00 00 02 0162"},
		{[]string{"tiny:null", "string:b"}, -1, "01 00 0162"},
		{[]string{"utiny:2", "string:b"}, -1, "00 01 0180 fd00 02 0162"},
		{[]string{"utiny:2"}, -1, "02 00 02"},
		{[]string{"utiny:2", "string:b"}, 1, "00 00 02"},
		{[]string{"utiny:2", "string:null"}, 1, "00 00 02"},
		{[]string{"utiny:2", "blob:b"}, 1, "00 01 0180 fc00 02"},
		{[]string{"utiny:2", "long:3"}, 1, "00 00 02"},
	} {
		clear(st.longData)
		if test.long >= 0 {
			st.longData[test.long] = true
		}
		p, err := st.executePayload(script.Step{Params: test.params})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%x", p[protocol.ExecuteLen:]); got != strings.ReplaceAll(test.want, " ", "") {
			t.Errorf("%q: %s, want %s", test.params, got, test.want)
		}
	}
}
