package hostile

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

const (
	mutants = 600
	quiet   = 30 * time.Millisecond // without a byte: the proxy has said what it had to say
)

// Real sessions with some of their bytes changed, and bytes that never were a
// session, leave nothing behind.
func TestMutatedSessions(t *testing.T) {
	cfg := behindSound(t)
	addGuest(t, &cfg)
	p := parkway.StartT(t, proxy.Options{Config: cfg})
	before := measure(t, p)
	login, session := recordSession(t, p)
	w := observe(t, p)
	ends := make([]string, mutants)
	gang(20, mutants, func(i int) {
		r := rand.New(rand.NewPCG(2, uint64(i)))
		var stream []byte
		switch i % 4 {
		case 0: // nothing but noise
			stream = noise(r, 1+r.IntN(2000))
		case 1: // all of it mutated
			stream = mutate(r, slices.Concat(login, session))
		default: // logged in before it begins
			stream = slices.Concat(login, mutate(r, slices.Clone(session)))
		}
		ends[i] = replay(t, r, p.Addr, stream)
	})
	tally := make(map[string]int)
	for _, end := range ends {
		tally[end]++
	}
	t.Logf("%d sessions: %v", mutants, tally)
	w.check(t)
	before.settled(t, p)
}

// recordSession runs one session with many kinds of commands and returns what
// the client said in it, the handshake response apart.
func recordSession(t testing.TB, p *proxy.Proxy) (login, session []byte) {
	t.Helper()
	transcript := new(mysqltest.Transcript)
	as := as(guest, p)
	as.Transcript = transcript
	c := mysqltest.Dial(t, as)
	c.Infile = func(string) []byte { return []byte("1\n2\n3\n") }
	for _, sql := range []string{
		"SELECT 1",
		"CREATE TEMPORARY TABLE mutant (id INT, text LONGTEXT)",
		"LOAD DATA LOCAL INFILE 'f' INTO TABLE mutant (id)",
		"SELECT * FROM mutant; SELECT 2; SET @a = 3",
		"SELECT REPEAT('x', 100000)",
	} {
		if _, err := c.Query(sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	s, err := c.Prepare("SELECT * FROM mutant WHERE id > ? AND text IS NULL")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Execute([]byte("1")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ExecuteFlags(protocol.CursorReadOnly, []byte("0")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Fetch(1); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.SendLongData(0, []byte("12")), s.Reset(), s.Close()); err != nil {
		t.Fatal(err)
	}
	for _, cmd := range []protocol.Command{protocol.ComPing, protocol.ComStatistics, protocol.ComResetConnection} {
		if _, err := c.Command(cmd); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.WriteCommand(protocol.ComQuit); err != nil {
		t.Fatal(err)
	}
	for _, said := range transcript.Entries() {
		switch {
		case said.ByServer:
		case login == nil:
			login = said.Bytes
		default:
			session = append(session, said.Bytes...)
		}
	}
	return login, session
}

// mutate changes stream in some places.
func mutate(r *rand.Rand, stream []byte) []byte {
	for range 1 + r.IntN(4) {
		at := r.IntN(len(stream))
		end := min(len(stream), at+1+r.IntN(20))
		switch r.IntN(5) {
		case 0:
			stream[at] ^= 1 << r.IntN(8)
		case 1:
			stream[at] = byte(r.Uint32())
		case 2:
			stream = slices.Delete(stream, at, min(end, at+len(stream)-1))
		case 3:
			stream = slices.Insert(stream, at, noise(r, end-at)...)
		case 4:
			stream = slices.Insert(stream, at, slices.Clone(stream[at:end])...)
		}
		if len(stream) == 0 {
			break
		}
	}
	return stream
}

func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// replay sends stream in pieces, and hears the proxy out. It returns how the
// session ended.
func replay(t testing.TB, r *rand.Rand, addr string, stream []byte) (end string) {
	c, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		t.Error(err)
		return "no connection"
	}
	defer c.Close()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for rest := stream; len(rest) > 0; {
			n := 1 + r.IntN(len(rest))
			// The proxy may have closed already.
			if _, err := c.Write(rest[:n]); err != nil {
				return
			}
			rest = rest[n:]
		}
	}()
	said, err := readUntilQuiet(c)
	<-sent
	if errors.Is(err, os.ErrDeadlineExceeded) {
		// The session goes on: it lacks bytes, or waits for the next command.
		if err := c.(*net.TCPConn).CloseWrite(); err != nil && !closed(err) {
			t.Error(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Error(err)
		}
		if _, err := io.Copy(io.Discard, c); !closed(err) {
			t.Errorf("the end of input did not end the session: %v", err)
		}
		return "left"
	}
	if err != io.EOF && !closed(err) {
		t.Errorf("reading: %v", err)
	}
	if lastWords(said) != nil {
		return "error and close"
	}
	return "close"
}

// readUntilQuiet reads until the other side closes or says nothing for a
// moment, which is os.ErrDeadlineExceeded.
func readUntilQuiet(c net.Conn) (said []byte, err error) {
	buf := make([]byte, 64<<10)
	for {
		if err := c.SetReadDeadline(time.Now().Add(quiet)); err != nil {
			return said, err
		}
		n, err := c.Read(buf)
		said = append(said, buf[:n]...)
		if err != nil {
			return said, err
		}
	}
}
