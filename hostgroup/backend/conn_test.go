package backend

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/protocol/mysqltest"
	"parkway/reactor"
)

func TestStates(t *testing.T) {
	moves := map[state][]state{
		dialing:   {greeting, closing},
		greeting:  {authing, closing},
		authing:   {preparing, closing},
		preparing: {idle, closing},
		idle:      {busy, preparing, closing},
		busy:      {idle, closing},
		closing:   {closing},
	}
	for from := range state(numStates) {
		for to := range state(numStates) {
			legal := false
			for _, s := range moves[from] {
				legal = legal || s == to
			}
			t.Run(fmt.Sprintf("%s to %s", from, to), func(t *testing.T) {
				b := &Conn{state: from}
				defer func() {
					if (recover() == nil) != legal || legal && b.state != to {
						t.Errorf("legal %v, state now %s", legal, b.state)
					}
				}()
				b.setState(to)
			})
		}
	}
}

// A server that is split at every byte of its answer: the owner gets the same bytes, and the end at the end.
func TestAnswerAtEverySplit(t *testing.T) {
	answer := okPacket(1)
	for cut := 1; cut < len(answer); cut++ {
		l := newLoop(t)
		rest := make(chan struct{})
		addr := rawServer(t, func(c net.Conn) {
			if greet(c, auth.NativePassword) != nil {
				return
			}
			if _, err := c.Write(okPacket(2)); err != nil {
				return
			}
			if _, err := readPacket(c); err != nil {
				return
			}
			if _, err := c.Write(answer[:cut]); err != nil {
				return
			}
			<-rest
			if _, err := c.Write(answer[cut:]); err != nil {
				return
			}
			_, _ = readPacket(c)
		})
		r := newRecorder(t)
		b := r.connect(l, r.spec(addr, nil))
		command(l, b, protocol.ComPing, "")
		on(l, func() {
			if b.Idle() {
				t.Errorf("cut at %d: idle before the answer is complete", cut)
			}
		})
		close(rest)
		if got := r.answer(); got != string(answer) {
			t.Errorf("cut at %d: %q", cut, got)
		}
		on(l, func() {
			if !b.Idle() {
				t.Errorf("cut at %d: not idle", cut)
			}
		})
	}
}

// A server that is lost at every byte of its answer: the owner gets what is whole and then the loss, once.
func TestLossAtEveryByte(t *testing.T) {
	for n := range len(okPacket(1)) {
		l := newLoop(t)
		server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: func(_ protocol.Command, _ []byte, w *mysqltest.Answer) {
			w.DieAfter(n)
			w.OK()
		}})
		r := newRecorder(t)
		b := r.connect(l, r.spec(server.Addr(), nil))
		command(l, b, protocol.ComPing, "")
		e := r.next("lost").err
		if e.Stage != StageCommand || e.Retryable() || !b.WasReady() {
			t.Errorf("after %d bytes: stage %d, %v", n, e.Stage, e)
		}
		r.next("closed")
		r.none()
	}
}

func TestInfile(t *testing.T) {
	l := newLoop(t)
	got := make(chan string, 1)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: func(_ protocol.Command, _ []byte, w *mysqltest.Answer) {
		file, _ := w.Infile("data.csv")
		got <- string(file)
		w.OK()
	}})
	r := newRecorder(t)
	b := r.connect(l, r.spec(server.Addr(), nil))
	command(l, b, protocol.ComQuery, "LOAD DATA LOCAL")
	if e := r.next("answer"); e.progress != protocol.Infile || !strings.HasSuffix(e.chunk, "data.csv") {
		t.Fatalf("%+v", e)
	}
	on(l, func() {
		b.Send(protocol.AppendPacket(protocol.AppendPacket(nil, []byte("1,2"), 2), nil, 3))
		b.InfileSent(4)
	})
	r.answer()
	if file := <-got; file != "1,2" {
		t.Errorf("file %q", file)
	}
}

// What a server says without being asked ends the connection, and is passed on if it is an error.
func TestUnsolicited(t *testing.T) {
	whole := errPacket(0, protocol.ErrCodeInteractionTimeout, "inactive")
	for _, test := range []struct {
		name   string
		login  []byte // behind the OK of the login
		answer []byte // behind the OK of an answer
		want   string
	}{
		{"ERR behind the login", whole, nil, "ERROR 4031 (HY000): inactive"},
		{"ERR behind an answer", nil, whole, "ERROR 4031 (HY000): inactive"},
		{"bytes behind the login", []byte{1}, nil, "bytes that belong to no answer"},
		{"OK behind an answer", nil, okPacket(0), "bytes that belong to no answer"},
		{"half an ERR", nil, whole[:8], "bytes that belong to no answer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLoop(t)
			addr := rawServer(t, func(c net.Conn) {
				if greet(c, auth.NativePassword) != nil {
					return
				}
				if _, err := c.Write(append(okPacket(2), test.login...)); err != nil {
					return
				}
				if _, err := readPacket(c); err != nil || test.answer == nil {
					return
				}
				if _, err := c.Write(append(okPacket(1), test.answer...)); err == nil {
					_, _ = readPacket(c)
				}
			})
			r := newRecorder(t)
			b := r.connect(l, r.spec(addr, nil))
			if test.answer != nil {
				command(l, b, protocol.ComPing, "")
				r.answer()
			}
			if e := r.next("lost").err; e.Stage != StageIdle || !strings.Contains(e.Error(), test.want) {
				t.Errorf("stage %d, %v; want %q", e.Stage, e, test.want)
			}
			r.next("closed")
		})
	}
}

func TestMalformedAnswer(t *testing.T) {
	l := newLoop(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: func(_ protocol.Command, _ []byte, w *mysqltest.Answer) {
		w.Columns("a")
		w.SetSeq(77)
		w.Row("1")
		w.Stall()
	}})
	r := newRecorder(t)
	b := r.connect(l, r.spec(server.Addr(), nil))
	command(l, b, protocol.ComQuery, "SELECT a")
	if e := r.next("answer"); e.progress != protocol.More || e.chunk == "" {
		t.Errorf("what came before is not passed on: %+v", e)
	}
	if e := r.next("lost").err; !strings.Contains(e.Error(), "sequence number 77") {
		t.Errorf("%v", e)
	}
}

// Quit says goodbye where the server would hear it, and the owner hears nothing more.
func TestQuit(t *testing.T) {
	for _, test := range []struct {
		name   string
		fault  mysqltest.Fault
		ready  bool // wait for the login
		busy   bool // send a command that is never answered
		polite bool // COM_QUIT is sent
	}{
		{name: "dialing"},
		{name: "greeting", fault: mysqltest.Fault{Mute: true}},
		{name: "authing", fault: mysqltest.Fault{NoVerdict: true}},
		{name: "idle", ready: true, polite: true},
		{name: "busy", ready: true, busy: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLoop(t)
			server := mysqltest.NewServer(t, mysqltest.ServerConfig{Fault: test.fault,
				Handler: func(_ protocol.Command, _ []byte, w *mysqltest.Answer) { w.Stall() }})
			r := newRecorder(t)
			spec := r.spec(server.Addr(), nil)
			var b *Conn
			if test.name == "dialing" {
				on(l, func() {
					b, _ = Dial(l, spec, r)
					b.Quit()
				})
			} else if b = r.dial(l, spec); test.ready {
				r.next("ready")
			} else {
				reach(t, l, b, map[string]state{"greeting": greeting, "authing": authing}[test.name])
			}
			if test.busy {
				command(l, b, protocol.ComQuery, "SELECT SLEEP(100)")
				server.WaitCommands(t, 1)
			}
			on(l, func() {
				b.Quit()
				b.Quit()
			})
			r.next("closed")
			r.none()
			if test.polite {
				if got := server.Commands(); len(got) != 1 || got[0].Command != protocol.ComQuit {
					t.Errorf("commands %v", got)
				}
			}
			if b.WasReady() != test.ready {
				t.Errorf("WasReady %v", b.WasReady())
			}
		})
	}
}

// reach waits until the connection is in a state, by taking turns with the loop.
func reach(t testing.TB, l *reactor.Loop, b *Conn, want state) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for got := dialing; got != want; on(l, func() { got = b.state }) {
		if time.Now().After(deadline) {
			t.Fatalf("state %s, want %s", got, want)
		}
	}
}

// Who lets go of a connection hears nothing more, whatever its server does.
func TestSetOwnerNil(t *testing.T) {
	t.Run("before the login", func(t *testing.T) {
		l := newLoop(t)
		server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
		r := newRecorder(t)
		spec := r.spec(server.Addr(), nil)
		var b *Conn
		on(l, func() {
			b, _ = Dial(l, spec, r)
			b.SetOwner(nil)
		})
		reach(t, l, b, idle)
		r.none()
		on(l, b.Quit)
		r.next("closed")
	})
	t.Run("before the answer", func(t *testing.T) {
		l := newLoop(t)
		answer := make(chan struct{})
		server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: func(_ protocol.Command, _ []byte, w *mysqltest.Answer) {
			w.Wait(answer)
			w.OK()
		}})
		r := newRecorder(t)
		b := r.connect(l, r.spec(server.Addr(), nil))
		command(l, b, protocol.ComPing, "")
		on(l, func() { b.SetOwner(nil) })
		close(answer)
		reach(t, l, b, idle)
		server.KillAll()
		r.next("closed")
		r.none()
	})
}

// A server that does not read stops the sender at the high mark, and lets it go on at the low one.
func TestCongestion(t *testing.T) {
	l := newLoop(t)
	read := make(chan struct{})
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Handler: func(cmd protocol.Command, _ []byte, w *mysqltest.Answer) {
		w.Wait(read)
	}})
	r := newRecorder(t)
	b := r.connect(l, r.spec(server.Addr(), nil))
	chunk := protocol.AppendPacket(nil, make([]byte, 1<<20), 0)
	chunk[protocol.HeaderLen] = byte(protocol.ComStmtSendLongData)
	on(l, func() {
		for range 64 {
			if b.Send(chunk); b.Congested() {
				return
			}
		}
		t.Error("64 MiB went to a server that does not read")
	})
	close(read)
	r.next("writable")
	on(l, func() {
		if b.Congested() {
			t.Error("congested still")
		}
	})
}

// PauseRead holds an answer back, ResumeRead lets it through.
func TestPauseRead(t *testing.T) {
	l := newLoop(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	r := newRecorder(t)
	b := r.connect(l, r.spec(server.Addr(), nil))
	on(l, b.PauseRead)
	command(l, b, protocol.ComPing, "")
	server.WaitCommands(t, 1)
	for range 20 {
		on(l, func() {})
	}
	r.none()
	on(l, b.ResumeRead)
	r.answer()
}
