package session_test

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// Commands and rows around the sizes where packets are passed on in parts, split and continued.
func TestLargePackets(t *testing.T) {
	w := newWorld(t, answering(echoAll))
	c := w.dial()
	for _, size := range []int{32 << 10, 64 << 10, 64<<10 + 1, 1 << 20, protocol.MaxPayload - 1, protocol.MaxPayload, protocol.MaxPayload + 7} {
		sql := strings.Repeat("x", size-1) // and the command byte
		results, err := c.Query(sql)
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		rows, err := results[0].Text()
		if err != nil || len(rows) != 1 || rows[0][0] != sql {
			t.Fatalf("%d bytes: %d rows, %v", size, len(rows), err)
		}
	}
}

// Commands without an answer, small and streamed: the server gets them, and what follows is in step.
func TestSilentCommands(t *testing.T) {
	w := newWorld(t, unshared)
	c := w.dial()
	for _, attached := range []bool{false, true} {
		for _, size := range []int{10, 200_000, protocol.MaxPayload + 10} {
			before := len(w.server.Commands())
			if err := c.WriteCommand(protocol.ComStmtSendLongData, make([]byte, size-1)...); err != nil {
				t.Fatal(err)
			}
			if !attached {
				if _, err := c.Command(protocol.ComPing); err != nil {
					t.Fatal(err)
				}
				continue
			}
			mustQuery(t, c, "SELECT 1")
			if got := w.server.Commands()[before:]; len(got) != 2 || len(got[0].Payload) != size {
				t.Errorf("%d bytes: the server got %d commands", size, len(got))
			}
		}
		mustQuery(t, c, "SELECT 1")
	}
}

// load is a server that asks for a file, and answers with an error if the file says so.
func load(files chan<- string) mysqltest.Handler {
	return func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
		if !strings.HasPrefix(string(payload[1:]), "LOAD") {
			mysqltest.Reply(cmd, payload, a)
			return
		}
		file, ok := a.Infile("data.csv")
		if !ok {
			return
		}
		files <- string(file)
		if string(file) == "bad" {
			a.Error(1366, "Incorrect value")
			return
		}
		a.OK()
	}
}

func TestInfile(t *testing.T) {
	files := make(chan string, 1)
	w := newWorld(t, answering(load(files)))
	c := w.dial()
	var asked string
	for _, file := range []string{"", "1,2\n", "bad", strings.Repeat("x", 3<<20)} {
		c.Infile = func(name string) []byte {
			asked = name
			return []byte(file)
		}
		_, err := c.Query("LOAD DATA")
		if file == "bad" {
			wantERR(t, err, 1366, "Incorrect value")
		} else if err != nil {
			t.Fatalf("%d bytes: %v", len(file), err)
		}
		if got := <-files; got != file || asked != "data.csv" {
			t.Errorf("a file %q of %d bytes arrived as %d bytes", asked, len(file), len(got))
		}
	}
	mustQuery(t, c, "SELECT 1")
}

// beginLoad brings a client to where the server waits for its file.
func beginLoad(t *testing.T, w *world) *mysqltest.Client {
	t.Helper()
	c := w.dial()
	if err := c.WriteCommand(protocol.ComQuery, []byte("LOAD DATA")...); err != nil {
		t.Fatal(err)
	}
	if p, err := c.ReadMessage(); err != nil || p[0] != 0xfb {
		t.Fatalf("%q, %v", p, err)
	}
	return c
}

// readERR reads a message that must be an error in its place.
func readERR(t *testing.T, c *mysqltest.Client, code uint16, text string) {
	t.Helper()
	p, err := c.ReadMessage()
	if err != nil {
		t.Errorf("%v, want error %d", err, code)
		return
	}
	said := new(protocol.ERR)
	if err := said.Decode(p); err != nil {
		t.Error(err)
	}
	wantERR(t, said, code, text)
}

func TestInfileOutOfOrder(t *testing.T) {
	w := newWorld(t, answering(load(nil)))
	c := beginLoad(t, w)
	if err := c.WriteRaw(packet(9, "1,2")); err != nil {
		t.Fatal(err)
	}
	readERR(t, c, protocol.ErrCodeOutOfOrder, "sequence number 9 instead of 2")
	wantClose(t, c)
}

// A server that is lost while a client sends its file: the client finishes the file and then reads why, in its place.
func TestServerLostDuringFile(t *testing.T) {
	for _, test := range []struct {
		name   string
		server func(a *mysqltest.Answer)
		code   uint16
		want   string
	}{
		{"without a word", func(*mysqltest.Answer) {}, protocol.ErrCodeNetRead, "parkway: answer of "},
		{"with an error", func(a *mysqltest.Answer) { a.Error(1053, "Server shutdown in progress") }, 1053, "Server shutdown in progress"},
		{"with bytes", func(a *mysqltest.Answer) { a.OK() }, protocol.ErrCodeNetRead, "bytes that belong to no answer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, answering(func(cmd protocol.Command, _ []byte, a *mysqltest.Answer) {
				if cmd.HasAnswer() {
					a.Packet([]byte("\xfbdata.csv"))
					test.server(a)
					a.Die()
				}
			}))
			c := beginLoad(t, w)
			w.waitLog("backend connection lost")
			for range 3 {
				if err := c.WriteMessage([]byte("1,2\n")); err != nil {
					t.Fatal(err)
				}
				w.turns()
			}
			if err := c.WriteMessage(nil); err != nil {
				t.Fatal(err)
			}
			readERR(t, c, test.code, test.want)
			wantClose(t, c)
		})
	}
}

// A client that does not finish its file although the server is gone is not waited for.
func TestServerLostDuringEndlessFile(t *testing.T) {
	w := newWorld(t, answering(load(nil)))
	c := beginLoad(t, w)
	w.server.KillAll()
	readERR(t, c, protocol.ErrCodeNetRead, "parkway: answer of ")
	wantClose(t, c)
}

// A server that asks for a file before it has the whole command gets none.
func TestFileAskedForTooEarly(t *testing.T) {
	server := newServer(t, func(c net.Conn) {
		buf := make([]byte, 64<<10)
		if !welcome(c, buf) {
			return
		}
		if _, err := c.Read(buf); err != nil {
			return
		}
		if _, err := c.Write(packet(1, "\xfbpasswords")); err == nil {
			_, _ = io.Copy(io.Discard, c)
		}
	})
	p := startProxy(t, server, nil)
	c := login(t, p.addr)
	if _, err := c.Write(packet(0, "\x03"+strings.Repeat("x", 1<<20))[:200_000]); err != nil {
		t.Fatal(err)
	}
	readPacket(t, c)
	var said protocol.ERR
	if err := said.Decode(readPacket(t, c)); err != nil {
		t.Fatal(err)
	}
	wantERR(t, &said, protocol.ErrCodeNetRead, "asked for a file in the middle of COM_QUERY")
	if n := p.group.Panics(); n > 0 {
		t.Errorf("%d panics", n)
	}
}

// bytesOf is the metric of bytes that went in one direction on one side.
func (w *world) bytesOf(side, direction string) float64 {
	w.t.Helper()
	text := w.metric(`parkway_bytes_total{direction="` + direction + `",side="` + side + `"}`)
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// quiesce waits until no more bytes go in a direction, and says how many went.
func (w *world) quiesce(side, direction string) float64 {
	w.t.Helper()
	same, last := 0, -1.0
	for deadline := time.Now().Add(patience); same < 20; <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatal("bytes flow without end")
		}
		now := w.bytesOf(side, direction)
		if now == last {
			same++
		} else {
			same, last = 0, now
		}
	}
	return last
}

// flood is how much is sent to who does not read; mostFlooded is how much of it may leave its sender: what sockets hold,
// and the proxy's marks.
const (
	flood       = 64 << 20
	mostFlooded = 24 << 20
)

// A client that does not read stops the server, not the proxy; what it reads later is complete.
func TestClientThatDoesNotRead(t *testing.T) {
	const row = 100_000
	w := newWorld(t, func(s *setup) {
		s.server.Queries = map[string]mysqltest.Handler{"flood": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
			a.Stream(flood, row)
		}}
	})
	witness, c := w.dial(), w.dial()
	if err := c.WriteCommand(protocol.ComQuery, []byte("flood")...); err != nil {
		t.Fatal(err)
	}
	if n := w.quiesce("server", "in"); n > mostFlooded {
		t.Errorf("%.0f bytes came from the server", n)
	}
	mustQuery(t, witness, "SELECT 1")
	results, err := c.ReadAnswer(protocol.ComQuery)
	if err != nil || len(results[0].Rows) != flood/row+1 {
		t.Fatalf("%d rows, %v", len(results[0].Rows), err)
	}
	mustQuery(t, c, "SELECT 1")
}

// A client that pipelines and does not read its answers is not read from.
func TestPipeliningClientThatDoesNotRead(t *testing.T) {
	const commands = 100_000
	w := newWorld(t, nil)
	cfg := w.client()
	cfg.Addr = w.unix // whose buffers are small
	c := mysqltest.Dial(t, cfg)
	written := make(chan error, 1)
	go func() { written <- c.WriteRaw(bytes.Repeat(packet(0, "\x09"), commands)) }()
	if n := w.quiesce("client", "out"); n > 1<<20 {
		t.Errorf("%.0f bytes were made for the client", n)
	}
	for answers := 0; answers < commands; {
		b, err := c.ReadRaw(1 << 20)
		if err != nil {
			t.Fatalf("after %d answers: %v", answers, err)
		}
		answers += bytes.Count(b, []byte("U")) // "Uptime: ..."
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
}

// A server that does not read stops the client.
func TestServerThatDoesNotRead(t *testing.T) {
	command := protocol.AppendPacket(nil, append([]byte{byte(protocol.ComQuery)}, make([]byte, flood)...), 0)
	const packets = (flood+1)/protocol.MaxPayload + 1
	read := make(chan struct{})
	server := newServer(t, func(c net.Conn) {
		if !welcome(c, make([]byte, 64<<10)) {
			return
		}
		select {
		case <-read:
		case <-t.Context().Done():
			return
		}
		if _, err := io.CopyN(io.Discard, c, int64(len(command))); err != nil {
			return
		}
		if _, err := c.Write(okPacket(packets)); err == nil {
			_, _ = io.Copy(io.Discard, c)
		}
	})
	w := newWorld(t, func(s *setup) {
		s.servers = append(s.servers, serverAt(t, server.String()))
		s.settings.MaxAllowedPacket = 1 << 30
		unshared(s)
		s.settings.ConnectTimeoutServer = patience
	})
	c := w.dial()
	written := make(chan error, 1)
	go func() { written <- c.WriteRaw(command) }()
	if n := w.quiesce("client", "in"); n > mostFlooded {
		t.Errorf("%.0f bytes came from the client", n)
	}
	close(read)
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	readExactly(t, c, okPacket(packets))
}

// A server that does not read stops the client also between commands, when they are of the kind that has no answer.
func TestServerThatDoesNotReadSilentCommands(t *testing.T) {
	command := packet(0, string(byte(protocol.ComStmtSendLongData))+strings.Repeat("x", 50_000))
	const commands = flood / 50_000
	read := make(chan struct{})
	server := newServer(t, func(c net.Conn) {
		buf := make([]byte, 64<<10)
		if !answersOne(c, buf) {
			return
		}
		select {
		case <-read:
		case <-t.Context().Done():
			return
		}
		if _, err := io.CopyN(io.Discard, c, int64(commands*len(command))); err != nil {
			return
		}
		if _, err := c.Read(buf); err != nil { // the last command, which is to be answered
			return
		}
		if _, err := c.Write(okPacket(1)); err == nil {
			_, _ = io.Copy(io.Discard, c)
		}
	})
	w := newWorld(t, func(s *setup) {
		unshared(s)
		s.servers = append(s.servers, serverAt(t, server.String()))
	})
	c := w.dial()
	mustQuery(t, c, "attach")
	written := make(chan error, 1)
	go func() { written <- c.WriteRaw(bytes.Repeat(command, commands)) }()
	if n := w.quiesce("client", "in"); n > mostFlooded {
		t.Errorf("%.0f bytes came from the client", n)
	}
	close(read)
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	mustQuery(t, c, "after")
}
