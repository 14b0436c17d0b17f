package session_test

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"parkway/config"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/scripting/hook"
)

// ping is COM_PING, and pong the beginning of its answer, which is all of it from an idle proxy.
var (
	ping = packet(0, "\x0e")
	pong = packet(1, "\x00\x00\x00\x02\x00\x00\x00")
)

// wantPong reads the answer to a ping that was sent raw.
func wantPong(t *testing.T, c *mysqltest.Client) {
	t.Helper()
	if got, err := c.ReadRaw(len(pong)); err != nil || !bytes.Equal(got, pong) {
		t.Fatalf("answered %q, %v", got, err)
	}
}

// parking makes clients be parked as soon as they are quiet.
func parking(s *setup) { s.settings.SessionIdle = 0 }

// waitParked waits until n clients are parked.
func (w *world) waitParked(n int) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); w.metric(`parkway_sessions{state="parked"}`) != strconv.Itoa(n); w.turns() {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s clients are parked, want %d", w.metric(`parkway_sessions{state="parked"}`), n)
		}
	}
}

// parksOthersOnly checks that those who are there are not parked: one that comes is.
func (w *world) parksOthersOnly() {
	w.t.Helper()
	other := w.dial()
	w.waitParked(1)
	other.Close()
	w.waitParked(0)
}

// What a client has set, and what it may ask of its last statement, is there when it speaks again; it is the same client to others.
func TestParkedSessionGoesOn(t *testing.T) {
	w := newWorld(t, func(s *setup) { tracked(s); parking(s) })
	a, b := w.dial(), w.dial()
	w.waitParked(2)
	mustQuery(t, a, "SET time_zone='+01:00', sql_mode='ANSI'")
	w.waitParked(2)
	mustQuery(t, b, "SELECT 1")
	w.waitParked(2)
	mustQuery(t, a, "SELECT 2")
	w.waitParked(2)
	got := w.texts()
	if len(got) < 5 || got[2] != "SELECT 1" || !strings.Contains(got[3], "+01:00") || got[len(got)-1] != "SELECT 2" {
		t.Errorf("the server got %q", got)
	}
	if err := a.ChangeUser("app", "secret", "there"); err != nil {
		t.Error(err) // the challenge of the greeting is part of it
	}
	for name, want := range map[string]string{
		`parkway_sessions{state="active"}`: "0", `parkway_parks_total`: "6", `parkway_unparks_total`: "4", `parkway_sessions_total{result="created"}`: "2",
	} {
		w.waitParked(2)
		if got := w.metric(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

// Prepared statements are open until the client closes them, those that are KILLs too.
func TestParkedSessionKeepsItsStatements(t *testing.T) {
	w, p := newPreparer(t, parking)
	c := w.dial()
	st := mustPrepare(t, c, "SELECT ?")
	wantRow(t, c, protocol.ComStmtExecute, first(st, "one"), "one")
	kill := mustPrepare(t, c, "KILL QUERY ?")
	w.waitParked(1)
	wantRow(t, c, protocol.ComStmtExecute, again(st, "two"), "two")
	w.waitParked(1)
	if _, err := c.Command(protocol.ComStmtReset, first(kill, "1")[:4]...); err != nil {
		t.Error(err)
	}
	w.waitParked(1)
	if p.open() == 0 {
		t.Error("the server has no statement any more")
	}
	c.Close()
	w.waitSessions(0)
	again := w.dial()
	w.waitParked(1)
	again.Close()
	w.waitSessions(0)
}

// The warnings of a client's statement that were asked for ahead of the script's are still there.
func TestParkedSessionKeepsWarnings(t *testing.T) {
	p := newPolicy(func(q hook.Query) *hook.Verdict {
		if string(q.SQL()) == "UPDATE t" {
			return inject(nil, []string{"DO 9"})
		}
		return hook.Nothing
	})
	var asked atomic.Int32
	w := newWorld(t, scriptedBy(p, tracked, parking, func(s *setup) {
		s.server.Queries = map[string]mysqltest.Handler{
			"UPDATE t": func(_ protocol.Command, _ []byte, a *mysqltest.Answer) {
				a.OKPacket(protocol.OK{Status: a.Status, Warnings: 1})
			},
			"SHOW WARNINGS": func(c protocol.Command, payload []byte, a *mysqltest.Answer) {
				var rows [][]string
				if asked.Add(1) == 1 { // then they are those of DO
					rows = [][]string{{"Warning", "1292", "wrong"}}
				}
				mysqltest.Rows([]string{"Level", "Code", "Message"}, rows...)(c, payload, a)
			},
		}
	}))
	c := w.dial()
	mustQuery(t, c, "UPDATE t")
	w.waitParked(1)
	if rows, err := mustQuery(t, c, "SHOW WARNINGS")[0].Text(); err != nil || len(rows) != 1 {
		t.Errorf("%q, %v", rows, err)
	}
}

// A client that has begun a command, or holds a connection, is not parked.
func TestBusyClientsAreNotParked(t *testing.T) {
	w := newWorld(t, func(s *setup) { tracked(s); parking(s) })
	c := w.dial()
	w.waitParked(1)
	if err := c.WriteRaw(ping[:2]); err != nil {
		t.Fatal(err)
	}
	w.waitParked(0)
	w.parksOthersOnly()
	if err := c.WriteRaw(ping[2:]); err != nil {
		t.Fatal(err)
	}
	wantPong(t, c)
	w.waitParked(1)
	mustQuery(t, c, "CREATE TEMPORARY TABLE t (a INT)")
	w.parksOthersOnly()
}

// A command that comes byte by byte is the same as one that comes at once, though the client is parked before.
func TestParkedCommandCutAtEveryByte(t *testing.T) {
	w := newWorld(t, func(s *setup) { tracked(s); parking(s) })
	c := w.dial()
	for cut := 1; cut < len(ping); cut++ {
		w.waitParked(1)
		for _, part := range [][]byte{ping[:cut], ping[cut:]} {
			if err := c.WriteRaw(part); err != nil {
				t.Fatal(err)
			}
			w.turns()
		}
		wantPong(t, c)
	}
}

// A client that leaves while it is parked leaves nothing behind, and its place to the next.
func TestParkedClientLeaves(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		parking(s)
		s.users[0].MaxConnections = 1
	})
	for name, leave := range map[string]func(*mysqltest.Client){
		"closes":   (*mysqltest.Client).Close,
		"resets":   func(c *mysqltest.Client) { c.Conn().(*net.TCPConn).SetLinger(0); c.Close() },
		"says bye": func(c *mysqltest.Client) { c.WriteCommand(protocol.ComQuit); c.Close() },
		"ends":     func(c *mysqltest.Client) { c.Conn().(*net.TCPConn).CloseWrite() },
	} {
		c := w.dial()
		w.waitParked(1)
		leave(c)
		w.waitSessions(0)
		w.waitParked(0)
		if got := w.metric(`parkway_sessions{state="active"}`); got != "0" {
			t.Errorf("%s: %s sessions are left", name, got)
		}
	}
	if got := w.metric(`parkway_sessions_total{result="aborted"}`); got != "1" {
		t.Errorf("%s sessions aborted, want the one that was reset", got)
	}
}

// wait_timeout ends parked clients, the one first that was parked first, and a shorter one is in force at once.
func TestParkedClientsTimeOut(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		parking(s)
		s.settings.WaitTimeout = time.Hour
	})
	var clients []*mysqltest.Client
	for i := range 3 {
		clients = append(clients, w.dial())
		w.waitParked(i + 1)
	}
	settings := config.Default().MySQL
	settings.SessionIdle, settings.WaitTimeout = 0, brief
	w.Apply(&settings, w.Users(), nil)
	for _, c := range clients {
		wantGoodbye(t, c, protocol.ErrCodeInteractionTimeout, "parkway: disconnected because of inactivity for 30 ms (wait_timeout_ms)")
	}
	w.waitSessions(0)
	w.waitParked(0)
}

// KILL finds a parked client by its id; KILL QUERY does it no harm.
func TestKillParked(t *testing.T) {
	w := newWorld(t, func(s *setup) {
		killable(s)
		parking(s)
		s.loops = 2
		s.users = []config.MySQLUser{user("app", "secret"), user("other", "secret")}
	})
	for range 4 { // on both loops
		judge, victim := w.dial(), w.dial()
		w.waitParked(2)
		mustQuery(t, judge, fmt.Sprintf("KILL QUERY %d", id(victim)))
		w.waitParked(2)
		if _, err := victim.Command(protocol.ComPing); err != nil {
			t.Error(err)
		}
		w.waitParked(2)
		mustQuery(t, judge, fmt.Sprintf("KILL %d", id(victim)))
		wantClose(t, victim)
		_, err := judge.Query(fmt.Sprintf("KILL %d", id(victim)))
		wantERR(t, err, protocol.ErrCodeNoSuchThread, "Unknown thread id")
		judge.Close()
		w.waitSessions(0)
	}
}

// The shutdown reaches parked clients, on every loop.
func TestDrainParked(t *testing.T) {
	w := newWorld(t, func(s *setup) { parking(s); s.loops = 2; s.users[0].MaxConnections = 0 })
	var clients []*mysqltest.Client
	for range 50 {
		clients = append(clients, w.dial())
	}
	w.waitParked(len(clients))
	cut := w.drain(patience)
	for _, c := range clients {
		wantGoodbye(t, c, protocol.ErrCodeServerShutdown, stopping)
	}
	if n := <-cut; n != 0 {
		t.Errorf("%d clients were cut off", n)
	}
	w.waitParked(0)
}

// A client that was answered a moment before the shutdown, though parked by then, does not read of it right behind the answer.
func TestDrainParkedAMomentAgo(t *testing.T) {
	w := newWorld(t, parking)
	c := w.dial()
	asked := time.Now()
	mustQuery(t, c, "SELECT 1")
	w.waitParked(1)
	cut := w.drain(patience)
	wantGoodbye(t, c, protocol.ErrCodeServerShutdown, stopping)
	if took := time.Since(asked); took < 100*time.Millisecond {
		t.Errorf("it was told %v after it had asked", took)
	}
	if n := <-cut; n != 0 {
		t.Errorf("%d clients were cut off", n)
	}
}

// The end of the loops ends parked sessions too.
func TestStopParked(t *testing.T) {
	w := newWorld(t, parking)
	for range 5 {
		w.dial()
	}
	w.waitParked(5)
	w.group.Stop()
	if n := w.Sessions(); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

// With idle_loops = false nobody is parked.
func TestNoIdleLoops(t *testing.T) {
	w := newWorld(t, func(s *setup) { parking(s); s.noIdleLoops = true; s.settings.WaitTimeout = 2 * brief })
	c := w.dial()
	mustQuery(t, c, "SELECT 1")
	wantGoodbye(t, c, protocol.ErrCodeInteractionTimeout, "wait_timeout_ms")
	if got := w.metric("parkway_parks_total"); got != "0" {
		t.Errorf("%s were parked", got)
	}
}

// A client that does not read what it asked for is parked when it has.
func TestSlowReaderIsParkedLater(t *testing.T) {
	big := strings.Repeat("x", 1<<20)
	w := newWorld(t, func(s *setup) {
		parking(s)
		s.server.Queries = map[string]mysqltest.Handler{"big": mysqltest.Rows([]string{"c"}, slicesOf(20, big)...)}
	})
	c := w.dial()
	w.waitParked(1)
	if err := c.WriteCommand(protocol.ComQuery, []byte("big")...); err != nil {
		t.Fatal(err)
	}
	w.waitParked(0)
	w.parksOthersOnly()
	if results, err := c.ReadAnswer(protocol.ComQuery); err != nil || len(results[0].Rows) != 20 {
		t.Error(err)
	}
	w.waitParked(1)
}

// slicesOf is n rows with one text.
func slicesOf(n int, text string) (rows [][]string) {
	for range n {
		rows = append(rows, []string{text})
	}
	return rows
}

// BenchmarkParkedQuery tells what a park and an unpark cost in CPU time, that of the client's and the kernel's part in it included: by how much a
// COM_PING takes longer where the client is parked after each. Both are measured in turns of pairPings, one right after the other, because what
// else the machine does changes more slowly than that. An op is one turn; its median difference is the figure.
func BenchmarkParkedQuery(b *testing.B) {
	const pairPings = 200
	buf := make([]byte, 100)
	pinger := func(idle time.Duration) func() float64 {
		w := newWorld(b, func(s *setup) { s.settings.SessionIdle = idle })
		c := w.dial().Conn()
		return func() float64 {
			began := processCPU(b)
			for range pairPings {
				if _, err := c.Write(ping); err != nil {
					b.Fatal(err)
				}
				if _, err := c.Read(buf); err != nil {
					b.Fatal(err)
				}
			}
			return float64(processCPU(b)-began) / pairPings
		}
	}
	parked, active := pinger(0), pinger(time.Hour)
	parked()
	active()
	var base, more []float64
	b.ReportAllocs()
	for b.Loop() {
		a, p := active(), parked()
		base, more = append(base, a), append(more, p-a)
	}
	b.ReportMetric(middle(base), "cpu-ns/ping")
	b.ReportMetric(middle(more), "cpu-ns/pair")
}

// processCPU is the CPU time that the process has used, user and system, in nanoseconds.
func processCPU(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// middle is the median.
func middle(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
