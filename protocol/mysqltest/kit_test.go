package mysqltest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"parkway/protocol"
)

func TestLogins(t *testing.T) {
	for _, plugin := range []string{"mysql_native_password", "caching_sha2_password"} {
		for _, unix := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, unix %v", plugin, unix), func(t *testing.T) {
				CheckLeaks(t)
				s := NewServer(t, ServerConfig{
					Greeting: protocol.Handshake{AuthPlugin: plugin},
					Users:    map[string]string{"app": "secret", "empty": ""},
					Unix:     unix,
				})
				for _, password := range []string{"secret", "wrong", ""} {
					c, err := Connect(ClientConfig{Addr: s.Addr(), User: "app", Password: password})
					var refusal *protocol.ERR
					switch {
					case password == "secret" && err != nil:
						t.Errorf("the right password: %v", err)
					case password != "secret" && (!errors.As(err, &refusal) || refusal.Code != protocol.ErrCodeAccessDenied):
						t.Errorf("password %q: %v", password, err)
					}
					if err == nil {
						c.Close()
					}
				}
				Dial(t, ClientConfig{Addr: s.Addr(), User: "empty"})
			})
		}
	}
}

// A client of each EOF dialect reads what handlers write, straight and through a wire that cuts it into single bytes.
func TestAnswers(t *testing.T) {
	CheckLeaks(t)
	s := NewServer(t, ServerConfig{Queries: map[string]Handler{
		"rows": Rows([]string{"a", "b"}, []string{"1", ""}, []string{"2", strings.Repeat("x", 300)}),
		"fail": Fail(protocol.ErrCodeBadDB, "Unknown database"),
		"many": func(_ protocol.Command, _ []byte, w *Answer) {
			w.MoreResults()
			w.Rows([]string{"a"}, []string{"1"})
			w.MoreResults()
			w.OK()
			w.Error(protocol.ErrCodeUnknown, "third")
		},
		"file": func(_ protocol.Command, _ []byte, w *Answer) {
			file, _ := w.Infile("name")
			w.OKPacket(protocol.OK{Status: w.Status, Info: file})
		},
		"large": func(_ protocol.Command, _ []byte, w *Answer) {
			w.Stream(1, protocol.MaxPayload+1)
		},
	}})
	wire := NewWire(t, WireConfig{Target: s.Addr(), Up: Direction{Piece: 1}, Down: Direction{Piece: 1}})
	for _, addr := range []string{s.Addr(), wire.Addr()} {
		for _, caps := range []protocol.Capability{0, protocol.ClientDeprecateEOF, protocol.ClientDeprecateEOF | protocol.ClientSessionTrack} {
			c := Dial(t, ClientConfig{Addr: addr, Capabilities: BaseCapabilities | caps})
			c.Infile = func(name string) []byte { return []byte("content of " + name) }
			results, err := c.Query("rows")
			if err != nil {
				t.Fatal(err)
			}
			rows, err := results[0].Text()
			want := [][]string{{"1", ""}, {"2", strings.Repeat("x", 300)}}
			if err != nil || !reflect.DeepEqual(rows, want) || results[0].Columns[1].Name != "b" {
				t.Errorf("%v, %v", rows, err)
			}
			var refusal *protocol.ERR
			if _, err := c.Query("fail"); !errors.As(err, &refusal) || refusal.State != "42000" {
				t.Errorf("fail: %v", err)
			}
			if results, err := c.Query("many"); !errors.As(err, &refusal) || refusal.Message != "third" || len(results) != 3 {
				t.Errorf("many: %d results, %v", len(results), err)
			}
			if results, err := c.Query("file"); err != nil || string(results[0].OK.Info) != "content of name" {
				t.Errorf("file: %v, %v", results, err)
			}
			if v, err := c.Value("SELECT 1"); err != nil || v != "1" {
				t.Errorf("SELECT 1: %q, %v", v, err)
			}
			if addr == s.Addr() {
				if results, err := c.Query("large"); err != nil || len(results[0].Rows) != 1 {
					t.Errorf("large: %v", err)
				}
			}
			for _, cmd := range []protocol.Command{protocol.ComPing, protocol.ComStatistics, protocol.ComResetConnection} {
				if _, err := c.Command(cmd); err != nil {
					t.Errorf("%v: %v", cmd, err)
				}
			}
			st, err := c.Prepare("DO 1")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := st.Execute(); err != nil {
				t.Error(err)
			}
			if err := st.Close(); err != nil {
				t.Error(err)
			}
			if err := c.WriteCommand(protocol.ComQuit); err != nil {
				t.Error(err)
			}
			if rest, err := c.ExpectEOF(); len(rest) > 0 || err != nil {
				t.Errorf("after COM_QUIT: %q, %v", rest, err)
			}
		}
	}
	s.WaitConnections(t, 0)
}

func TestServerRecords(t *testing.T) {
	s := NewServer(t, ServerConfig{})
	a, b := Dial(t, ClientConfig{Addr: s.Addr()}), Dial(t, ClientConfig{Addr: s.Addr()})
	for i, c := range []*Client{a, b, a} {
		if _, err := c.Query(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	s.WaitCommands(t, 3)
	var got []string
	for _, r := range s.Commands() {
		got = append(got, fmt.Sprintf("%d %v %s", r.ConnectionID, r.Command, r.Payload[1:]))
	}
	if want := []string{"1 COM_QUERY 0", "2 COM_QUERY 1", "1 COM_QUERY 2"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
	s.WaitConnections(t, 2)
	a.Close()
	s.WaitConnections(t, 1)
	if s.Accepted() != 2 || s.Connections() != 1 {
		t.Errorf("%d accepted, %d open", s.Accepted(), s.Connections())
	}
}

func TestFaultsBeforeTheLogin(t *testing.T) {
	CheckLeaks(t)
	if _, err := Connect(ClientConfig{Addr: ClosedPort(t)}); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("closed port: %v", err)
	}
	s := NewServer(t, ServerConfig{})
	for _, test := range []struct {
		fault Fault
		want  func(err error) bool
	}{
		{Fault{Mute: true}, isTimeout},
		{Fault{NoVerdict: true}, isTimeout},
		{Fault{Delay: time.Hour}, isTimeout},
		{Fault{Greeting: []byte("HTTP/1.1 400 Bad Request\r\n\r\n")}, func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
		{Fault{Greeting: []byte{}}, func(err error) bool { return errors.Is(err, io.EOF) }},
		{Fault{Refusal: protocol.NewERR(protocol.ErrCodeTooManyConnections, "full")}, func(err error) bool {
			var refusal *protocol.ERR
			return errors.As(err, &refusal) && refusal.Message == "full"
		}},
		{Fault{}, func(err error) bool { return err == nil }},
	} {
		s.Change(func(cfg *ServerConfig) { cfg.Fault = test.fault })
		timeout := defaultTimeout
		if f := test.fault; f.Mute || f.NoVerdict || f.Delay > 0 {
			timeout = 50 * time.Millisecond
		}
		c, err := Connect(ClientConfig{Addr: s.Addr(), Timeout: timeout})
		if !test.want(err) {
			t.Errorf("%+v: %v", test.fault, err)
		}
		if err == nil {
			c.Close()
		}
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

func TestFaultsInAnswers(t *testing.T) {
	CheckLeaks(t)
	s := NewServer(t, ServerConfig{Queries: map[string]Handler{
		"die": func(_ protocol.Command, _ []byte, w *Answer) {
			w.DieAfter(7)
			w.Rows([]string{"a"}, []string{"1"})
		},
		"reset":   func(_ protocol.Command, _ []byte, w *Answer) { w.Reset() },
		"stall":   func(_ protocol.Command, _ []byte, w *Answer) { w.Stall() },
		"delay":   func(_ protocol.Command, _ []byte, w *Answer) { w.Delay(time.Millisecond); w.OK() },
		"order":   func(_ protocol.Command, _ []byte, w *Answer) { w.SetSeq(9); w.OK() },
		"rubbish": func(_ protocol.Command, _ []byte, w *Answer) { w.Raw([]byte{3, 0, 0, 1, 0xff}); w.Die() },
		"endless": func(_ protocol.Command, _ []byte, w *Answer) { w.Stream(1<<50, 1<<16) },
	}})
	ask := func(sql string, timeout time.Duration) (raw []byte, err error) {
		t.Helper()
		var said Transcript
		c := Dial(t, ClientConfig{Addr: s.Addr(), Timeout: defaultTimeout, Transcript: &said})
		said.Reset()
		c.timeout = timeout
		_, err = c.Query(sql)
		if entries := said.Entries(); len(entries) > 1 {
			raw = entries[1].Bytes
		}
		c.Close()
		return raw, err
	}
	if raw, err := ask("die", defaultTimeout); err == nil || len(raw) != 5 { // the second header is incomplete, so not recorded
		t.Errorf("die: %q, %v", raw, err)
	}
	if _, err := ask("reset", defaultTimeout); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reset: %v", err)
	}
	if _, err := ask("stall", 50*time.Millisecond); !isTimeout(err) {
		t.Errorf("stall: %v", err)
	}
	if _, err := ask("delay", defaultTimeout); err != nil {
		t.Errorf("delay: %v", err)
	}
	var order *protocol.SequenceError
	if _, err := ask("order", defaultTimeout); !errors.As(err, &order) {
		t.Errorf("order: %v", err)
	}
	if _, err := ask("rubbish", defaultTimeout); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("rubbish: %v", err)
	}
	c := Dial(t, ClientConfig{Addr: s.Addr()})
	if err := c.WriteCommand(protocol.ComQuery, []byte("endless")...); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := c.ReadMessage(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWire(t *testing.T) {
	CheckLeaks(t)
	s := NewServer(t, ServerConfig{})
	for _, test := range []struct {
		down Direction
		want error
	}{
		{Direction{KillAfter: 10}, io.ErrUnexpectedEOF},
		{Direction{KillAfter: 10, Reset: true}, syscall.ECONNRESET},
	} {
		_, err := Connect(ClientConfig{Addr: NewWire(t, WireConfig{Target: s.Addr(), Down: test.down}).Addr()})
		// A reset may overtake the bytes before it.
		if !errors.Is(err, test.want) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%+v: %v", test.down, err)
		}
	}

	var said Transcript
	w := NewWire(t, WireConfig{Target: s.Addr(), Up: Direction{Piece: 3, Delay: time.Microsecond}, Transcript: &said})
	c := Dial(t, ClientConfig{Addr: w.Addr()})
	said.Reset()
	if _, err := c.Query("SELECT 1"); err != nil {
		t.Fatal(err)
	}
	Golden(t, "testdata/select.txt", &said)

	w.Freeze()
	if err := c.WriteCommand(protocol.ComPing); err != nil {
		t.Fatal(err)
	}
	c.timeout = 20 * time.Millisecond
	if _, err := c.ReadAnswer(protocol.ComPing); !isTimeout(err) {
		t.Errorf("frozen: %v", err)
	}
	w.Thaw()
	c.timeout = defaultTimeout
	if _, err := c.ReadAnswer(protocol.ComPing); err != nil {
		t.Errorf("thawed: %v", err)
	}
	w.Kill()
	if rest, err := c.ExpectEOF(); len(rest) > 0 || err != nil {
		t.Errorf("killed: %q, %v", rest, err)
	}
	s.WaitConnections(t, 0)
}

func TestTranscript(t *testing.T) {
	said := new(Transcript)
	said.add(fromClient, []byte{3, 0, 0, 0, 3, '"', '\\'})
	said.add(fromServer, []byte{1, 0})
	said.add(fromServer, append([]byte{0, 1, 'x', 100, 0, 0, 2}, strings.Repeat("\x00", 100)...))
	said.add(fromServer, []byte{9, 0})
	text := said.String()
	want := "> 0 \"\\x03\\\"\\\\\"\n< 1 \"x\"\n< 2 \"\\x00\"*100\n< ? \"\\x09\\x00\"\n"
	if text != want {
		t.Errorf("%s\nwant\n%s", text, want)
	}
	again, err := ParseTranscript(text)
	if err != nil || !reflect.DeepEqual(again.Entries(), said.Entries()) {
		t.Errorf("%v, %v", again, err)
	}
	for _, bad := range []string{"x", "= 0 \"\"", "> 0 x", "> 256 \"\"", "> 0 \"a\"*x", "> 0 \"a\" b"} {
		if said, err := ParseTranscript(bad); err == nil {
			t.Errorf("%s: %v", bad, said)
		}
	}
}

func FuzzTranscript(f *testing.F) {
	f.Add([]byte{3, 0, 0, 0, 3, '"', '\\', 9})
	f.Add([]byte(strings.Repeat("\x00", 100)))
	f.Fuzz(func(t *testing.T, b []byte) {
		said := new(Transcript)
		said.add(fromServer, b)
		again, err := ParseTranscript(said.String())
		if err != nil || !reflect.DeepEqual(again.Entries(), said.Entries()) {
			t.Errorf("%q is not what it became: %v", said, err)
		}
	})
}

// recorder is a testing.TB that notes failures and runs cleanups when told.
type recorder struct {
	testing.TB
	failures []string
	cleanups []func()
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(format string, a ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, a...))
}

func TestCheckLeaks(t *testing.T) {
	r := &recorder{TB: t}
	CheckLeaks(r)
	release := make(chan struct{})
	ended := make(chan struct{})
	go func() { <-release; close(ended) }()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.cleanups[0]()
	if len(r.failures) != 2 || !strings.Contains(r.failures[0], "TestCheckLeaks") || !strings.Contains(r.failures[1], "socket") {
		t.Errorf("a goroutine and a socket are left: %q", r.failures)
	}
	l.Close()
	close(release)
	<-ended
	r.failures = nil
	r.cleanups[0]()
	if len(r.failures) > 0 {
		t.Errorf("nothing is left: %q", r.failures)
	}
}
