package session_test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"parkway/config"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// What becomes of each command. Those that are not here are unknown.
var fates = map[protocol.Command]string{
	protocol.ComQuit:             "closes",
	protocol.ComInitDB:           "forwarded",
	protocol.ComQuery:            "forwarded",
	protocol.ComFieldList:        "forwarded",
	protocol.ComCreateDB:         "forwarded",
	protocol.ComDropDB:           "forwarded",
	protocol.ComRefresh:          "forwarded",
	protocol.ComStatistics:       "answered",
	protocol.ComProcessInfo:      "forwarded",
	protocol.ComDebug:            "forwarded",
	protocol.ComPing:             "forwarded if attached",
	protocol.ComChangeUser:       "own test",
	protocol.ComStmtPrepare:      "forwarded",
	protocol.ComStmtExecute:      "forwarded",
	protocol.ComStmtSendLongData: "silent",
	protocol.ComStmtClose:        "silent",
	protocol.ComStmtReset:        "forwarded",
	protocol.ComSetOption:        "forwarded",
	protocol.ComStmtFetch:        "forwarded",
	protocol.ComResetConnection:  "forwarded or set",
	protocol.ComStmtBulkExecute:  "forwarded",
	protocol.ComShutdown:         "a client of the proxy cannot stop a server",
	protocol.ComProcessKill:      "own test",
	protocol.ComBinlogDump:       "replication does not go through the proxy",
	protocol.ComBinlogDumpGTID:   "replication does not go through the proxy",
	protocol.ComTableDump:        "replication does not go through the proxy",
	protocol.ComRegisterSlave:    "replication does not go through the proxy",
	protocol.ComClone:            "servers are not cloned through the proxy",
}

// serve answers every command in the form that it asks for.
func serve(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
	switch cmd {
	case protocol.ComFieldList, protocol.ComStmtFetch:
		a.End()
	default:
		mysqltest.Reply(cmd, payload, a)
	}
}

// Every command, before and after the client has a backend connection: who answers it, and that the client can go on.
func TestFateOfCommands(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		unshared(s)
		s.server.Handler = serve
	})
	for _, attached := range []bool{false, true} {
		for cmd := range 256 {
			cmd := protocol.Command(cmd)
			fate := fates[cmd]
			if fate == "own test" || fate == "closes" {
				continue
			}
			c := w.dial()
			if attached {
				mustQuery(t, c, "SELECT 1")
			}
			before := len(w.server.Commands())
			var err error
			if cmd == protocol.ComStmtPrepare {
				_, err = c.Prepare("SELECT 1")
			} else {
				_, err = c.Command(cmd, 1, 0, 0, 0, 0, 1, 0, 0, 0)
			}
			if err == nil {
				mustQuery(t, c, "SELECT 1") // the silent ones have reached the server before it
			}
			var seen []protocol.Command
			for _, got := range w.server.Commands()[before:] {
				if got.Command != protocol.ComQuit { // of clients before this one
					seen = append(seen, got.Command)
				}
			}
			name := fmt.Sprintf("%v, attached %v", cmd, attached)
			forwarded := slices.Equal(seen, []protocol.Command{cmd, protocol.ComQuery})
			alone := slices.Equal(seen, []protocol.Command{protocol.ComQuery})
			switch {
			case fate == "forwarded":
				if err != nil || !forwarded {
					t.Errorf("%s: %v, the server saw %v", name, err, seen)
				}
			case fate == "answered":
				if err != nil || !alone {
					t.Errorf("%s: %v, the server saw %v", name, err, seen)
				}
			case fate == "forwarded or set": // later, on the first connection
				set := slices.Equal(seen, []protocol.Command{protocol.ComQuery, protocol.ComQuery})
				if err != nil || !(attached && forwarded || !attached && set) {
					t.Errorf("%s: %v, the server saw %v", name, err, seen)
				}
			case fate == "forwarded if attached" || fate == "silent":
				if err != nil || !(attached && forwarded || !attached && alone) {
					t.Errorf("%s: %v, the server saw %v", name, err, seen)
				}
			case fate == "":
				wantERR(t, err, protocol.ErrCodeUnknownCommand, "parkway: Unknown command")
				mustQuery(t, c, "SELECT 1")
			default:
				wantERR(t, err, protocol.ErrCodeUnknownCommand, fmt.Sprintf("parkway: %v is not supported: %s", cmd, fate))
				mustQuery(t, c, "SELECT 1")
			}
			c.Close()
		}
	}
}

// A packet of nothing is an unknown command, also among others.
func TestEmptyPackets(t *testing.T) {
	w := newWorld(t, unshared)
	c := w.dial()
	empty, ping := packet(0, ""), packet(0, "\x0e")
	unknown := packet(1, "\xff\x17\x04#08S01parkway: Unknown command")
	for range 2 { // before a backend, and with one
		if err := c.WriteRaw(slices.Concat(empty, empty, ping, empty)); err != nil {
			t.Fatal(err)
		}
		want := slices.Concat(unknown, unknown, okPacket(1), unknown)
		var got []byte
		for len(got) < len(want) {
			more, err := c.ReadRaw(len(want) - len(got))
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, more...)
		}
		if string(got) != string(want) {
			t.Errorf("%q, want %q", got, want)
		}
		mustQuery(t, c, "SELECT 1")
	}
}

func TestQuit(t *testing.T) {
	w := newWorld(t, unshared)
	for _, attached := range []bool{false, true} {
		c := w.dial()
		if attached {
			mustQuery(t, c, "SELECT 1")
		}
		if err := c.WriteCommand(protocol.ComQuit); err != nil {
			t.Fatal(err)
		}
		wantClose(t, c)
		w.waitSessions(0)
		w.server.WaitConnections(t, 0)
	}
	commands := w.server.Commands()
	if last := commands[len(commands)-1]; last.Command != protocol.ComQuit {
		t.Errorf("the server's last command was %v", last.Command)
	}
	if got := w.metric(`parkway_sessions_total{result="aborted"}`); got != "0" {
		t.Errorf("%s sessions aborted", got)
	}
}

func TestStatistics(t *testing.T) {
	w := newWorld(t, nil)
	w.dial()
	c := w.dial()
	results, err := c.Command(protocol.ComStatistics)
	if err != nil || !strings.HasPrefix(string(results[0].Rows[0]), "Uptime: ") || !strings.HasSuffix(string(results[0].Rows[0]), "Threads: 2") {
		t.Errorf("%q, %v", results[0].Rows, err)
	}
	_, err = c.Command(protocol.ComStatistics, make([]byte, 100_000)...)
	wantERR(t, err, protocol.ErrCodeMalformedPacket, "Malformed communication packet")
	mustQuery(t, c, "SELECT 1")
}

// A command that is not supported is read to its end however large it is, and the client goes on.
func TestRefusalOfLargeCommands(t *testing.T) {
	w := newWorld(t, nil)
	for _, size := range []int{60 << 10, 64 << 10, 1 << 20, protocol.MaxPayload, protocol.MaxPayload + 10} {
		c := w.dial()
		_, err := c.Command(protocol.ComBinlogDump, make([]byte, size-1)...)
		wantERR(t, err, protocol.ErrCodeUnknownCommand, "COM_BINLOG_DUMP")
		mustQuery(t, c, "SELECT 1")
		c.Close()
	}
}

// Without a backend to be had, a command of any size gets the reason, and the client may ask again.
func TestNoBackend(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		s.servers = []config.MySQLServer{serverAt(t, mysqltest.ClosedPort(t))}
		s.settings.ConnectRetriesOnFailure = 0
	})
	c := w.dial()
	for _, size := range []int{10, 1 << 20, protocol.MaxPayload + 10} {
		_, err := c.Query(strings.Repeat("x", size))
		wantERR(t, err, protocol.ErrCodeNoBackend, "no server of hostgroup 1 can be used: 1 failed to connect")
	}
	if _, err := c.Command(protocol.ComPing); err != nil {
		t.Error(err)
	}
}

// echoQuery answers a statement with its text.
func echoQuery(_ protocol.Command, payload []byte, a *mysqltest.Answer) {
	a.Rows([]string{"text"}, []string{string(payload[1:])})
}

// conversation is some commands, and the bytes that answer them.
func conversation(t *testing.T, w *world) (commands, answers []byte) {
	t.Helper()
	c := w.dial()
	for _, p := range []string{"\x03SELECT 'one'", "\x0e", "\x03SELECT 'two'", "\x12dump", "\x16SELECT 3"} {
		if err := c.WriteRaw(packet(0, p)); err != nil {
			t.Fatal(err)
		}
		commands = append(commands, packet(0, p)...)
		answer := readQuiet(t, c)
		if len(answer) == 0 {
			t.Fatalf("no answer to %q", p)
		}
		answers = append(answers, answer...)
	}
	return commands, answers
}

// readQuiet reads what the proxy sends until COM_STATISTICS that follows is answered, which it leaves out.
func readQuiet(t *testing.T, c *mysqltest.Client) (all []byte) {
	t.Helper()
	end := protocol.AppendPacket(nil, []byte("Uptime: "), 1)[protocol.HeaderLen:]
	if err := c.WriteRaw(packet(0, "\x09")); err != nil {
		t.Fatal(err)
	}
	for {
		b, err := c.ReadRaw(64 << 10)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
		if at := strings.Index(string(all), string(end)); at >= 0 {
			return all[:at-protocol.HeaderLen]
		}
	}
}

// readExactly reads as many bytes as want has, and compares.
func readExactly(t *testing.T, c *mysqltest.Client, want []byte) bool {
	t.Helper()
	var got []byte
	for len(got) < len(want) {
		b, err := c.ReadRaw(len(want) - len(got))
		if err != nil {
			t.Errorf("after %d of %d bytes: %v", len(got), len(want), err)
			return false
		}
		got = append(got, b...)
	}
	if string(got) != string(want) {
		t.Errorf("got %q\nwant %q", got, want)
		return false
	}
	return true
}

func echoAll(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
	if cmd == protocol.ComQuery {
		echoQuery(cmd, payload, a)
		return
	}
	serve(cmd, payload, a)
}

// Commands that come together are served in order.
func TestPipelining(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		unshared(s) // ids of prepared statements are the server's
		s.server.Handler = echoAll
	})
	commands, answers := conversation(t, w)
	c := w.dial()
	const rounds = 60
	if err := c.WriteRaw(slices.Repeat(commands, rounds)); err != nil {
		t.Fatal(err)
	}
	readExactly(t, c, slices.Repeat(answers, rounds))
}

// Commands that come in two reads, cut at every byte.
func TestCommandsAtEverySplit(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		unshared(s) // ids of prepared statements are the server's
		s.server.Handler = echoAll
	})
	commands, answers := conversation(t, w)
	c := w.dial()
	for cut := 1; cut < len(commands); cut++ {
		if err := c.WriteRaw(commands[:cut]); err != nil {
			t.Fatal(err)
		}
		w.turns()
		if err := c.WriteRaw(commands[cut:]); err != nil {
			t.Fatal(err)
		}
		if !readExactly(t, c, answers) {
			t.Fatalf("cut at %d", cut)
		}
	}
}

// Everything byte by byte, on both sides.
func TestEverythingInPieces(t *testing.T) {
	piece := mysqltest.Direction{Piece: 1}
	w := newWorld(t, func(s *setup) {
		s.server.Handler = echoAll
		s.backend = mysqltest.WireConfig{Up: piece, Down: piece}
	})
	commands, answers := conversation(t, w)
	wire := mysqltest.NewWire(t, mysqltest.WireConfig{Target: w.addr, Up: piece, Down: piece})
	cfg := w.client()
	cfg.Addr = wire.Addr()
	c := mysqltest.Dial(t, cfg)
	if err := c.WriteRaw(commands); err != nil {
		t.Fatal(err)
	}
	readExactly(t, c, answers)
}

// Both EOF dialects, several results, prepared statements: the client reads what the server wrote.
func TestAnswers(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		s.server.Queries = map[string]mysqltest.Handler{
			"three": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
				a.MoreResults()
				a.Rows([]string{"a", "b"}, []string{"1", "2"}, []string{"3", "4"})
				a.MoreResults()
				a.OK()
				a.Rows([]string{"c"})
			},
			"fails": mysqltest.Fail(1064, "You have an error"),
			"half": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
				a.Columns("a")
				a.Row("1")
				a.Error(1317, "Query execution was interrupted")
			},
		}
	})
	for _, caps := range []protocol.Capability{mysqltest.BaseCapabilities, mysqltest.BaseCapabilities | protocol.ClientDeprecateEOF, mysqltest.ServerCapabilities} {
		cfg := w.client()
		cfg.Capabilities = caps
		c := mysqltest.Dial(t, cfg)
		results := mustQuery(t, c, "three")
		if rows, err := results[0].Text(); len(results) != 3 || err != nil || fmt.Sprint(rows) != "[[1 2] [3 4]]" {
			t.Errorf("%v: %d results, %v, %v", caps, len(results), rows, err)
		}
		_, err := c.Query("fails")
		wantERR(t, err, 1064, "You have an error")
		_, err = c.Query("half")
		wantERR(t, err, 1317, "interrupted")
		if _, err := c.Prepare("SELECT ?"); err != nil {
			t.Error(err)
		}
		mustQuery(t, c, "SELECT 1")
	}
	w.turns() // Answers are counted after they were sent.
	if got := w.metric(`parkway_queries_total{hostgroup="1"}`); got != "15" {
		t.Errorf("%s queries counted, want 15", got)
	}
}

// What is no command ends the session with the error that says so, and no other.
func TestBadCommands(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.settings.MaxAllowedPacket = 1024 })
	witness := w.dial()
	for _, test := range []struct {
		name  string
		bytes []byte
		seq   byte
		code  uint16
		want  string
	}{
		{"wrong number", packet(3, "\x0e"), 0, protocol.ErrCodeOutOfOrder, "parkway: Got packets out of order: sequence number 3 instead of 0"},
		{"too large", packet(0, "\x03"+strings.Repeat("x", 1024)), 1, protocol.ErrCodePacketTooLarge, "bigger than 'max_allowed_packet' bytes (1024)"},
		{"too large for one look", packet(0, "\x03"+strings.Repeat("x", 200_000)), 1, protocol.ErrCodePacketTooLarge, "(1024)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := w.dial()
			if err := c.WriteRaw(test.bytes); err != nil {
				t.Fatal(err)
			}
			rest, err := c.ExpectEOF()
			if err != nil || len(rest) < protocol.HeaderLen || rest[3] != test.seq {
				t.Fatalf("%q, %v; want sequence number %d", rest, err, test.seq)
			}
			var said protocol.ERR
			if err := said.Decode(rest[protocol.HeaderLen:]); err != nil {
				t.Fatal(err)
			}
			wantERR(t, &said, test.code, "parkway: ")
			wantERR(t, &said, test.code, test.want)
		})
	}
	if _, err := witness.Query("SELECT " + strings.Repeat("1", 1024-8)); err != nil {
		t.Errorf("exactly max_allowed_packet: %v", err)
	}
}

// Errors in the middle of a command that is passed on already.
func TestBadCommandsMidway(t *testing.T) {
	const limit = protocol.MaxPayload + 1000
	first := protocol.AppendPacket(nil, append([]byte{byte(protocol.ComQuery)}, make([]byte, protocol.MaxPayload-1)...), 0)
	first = first[:protocol.HeaderLen+protocol.MaxPayload] // without the empty packet behind it
	refused := slices.Clone(first)
	refused[protocol.HeaderLen] = byte(protocol.ComBinlogDump)
	silent := slices.Clone(first)
	silent[protocol.HeaderLen] = byte(protocol.ComStmtSendLongData)
	for _, test := range []struct {
		name  string
		first []byte
		then  []byte
		seq   byte
		code  uint16
	}{
		{"too large", first, packet(1, strings.Repeat("x", 1001)), 2, protocol.ErrCodePacketTooLarge},
		{"wrong number", first, packet(7, "x"), 1, protocol.ErrCodeOutOfOrder},
		{"refused, too large", refused, packet(1, strings.Repeat("x", 1001)), 2, protocol.ErrCodePacketTooLarge},
		{"silent, wrong number", silent, packet(7, "x"), 1, protocol.ErrCodeOutOfOrder},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, func(s *setup) {
				unshared(s)
				s.settings.MaxAllowedPacket = limit
			})
			c := w.dial()
			mustQuery(t, c, "SELECT 1")
			if err := c.WriteRaw(append(slices.Clone(test.first), test.then...)); err != nil {
				t.Fatal(err)
			}
			rest, err := c.ExpectEOF()
			var said protocol.ERR
			if err != nil || len(rest) < protocol.HeaderLen || rest[3] != test.seq || said.Decode(rest[protocol.HeaderLen:]) != nil {
				t.Fatalf("%q, %v; want sequence number %d", rest, err, test.seq)
			}
			wantERR(t, &said, test.code, "parkway: ")
			w.server.WaitConnections(t, 0)
			for _, got := range w.server.Commands() {
				if len(got.Payload) > len("xSELECT 1") {
					t.Errorf("the server got %v of %d bytes", got.Command, len(got.Payload))
				}
			}
		})
	}
}

// A server that answers before it has the whole command: the client finishes its packet and goes on.
func TestEarlyAnswer(t *testing.T) {
	command := packet(0, "\x03"+strings.Repeat("x", 1<<20))
	answered, whole := make(chan struct{}), make(chan struct{})
	server := newServer(t, func(c net.Conn) {
		buf := make([]byte, 64<<10)
		if !welcome(c, buf) {
			return
		}
		for got := 0; got < len(command); {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			if got == 0 {
				if _, err := c.Write(okPacket(1)); err != nil {
					return
				}
				close(answered)
			}
			got += n
		}
		close(whole)
		if _, err := c.Read(buf); err != nil {
			return
		}
		if _, err := c.Write(okPacket(1)); err == nil {
			_, _ = c.Read(buf)
		}
	})
	p := startProxy(t, server, nil)
	c := login(t, p.addr)
	if _, err := c.Write(command[:200_000]); err != nil {
		t.Fatal(err)
	}
	<-answered
	if got := readPacket(t, c); got[0] != 0 {
		t.Fatalf("%q", got)
	}
	if _, err := c.Write(command[200_000:]); err != nil {
		t.Fatal(err)
	}
	<-whole
	if _, err := c.Write(packet(0, "\x0e")); err != nil {
		t.Fatal(err)
	}
	if got := readPacket(t, c); got[0] != 0 {
		t.Errorf("%q", got)
	}
	if n := p.group.Panics(); n > 0 {
		t.Errorf("%d panics", n)
	}
}
