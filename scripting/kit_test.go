package scripting

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"parkway/protocol/digest"
	"parkway/scripting/hook"
)

// patient is how long a test waits for what has to come.
const patient = 60 * time.Second

// world is an engine with one event loop, which is the test itself.
type world struct {
	t      *testing.T
	engine *Engine
	loop   *Loop
	posted chan func()
	file   string
	log    *lines
}

// lines is a log that is read by the test.
type lines struct{ c chan string }

func (l *lines) Write(p []byte) (int, error) {
	select {
	case l.c <- string(p):
	default:
	}
	return len(p), nil
}

// wait returns the next line that contains a text.
func (l *lines) wait(t *testing.T, text string) string {
	t.Helper()
	deadline := time.After(patient)
	for {
		select {
		case line := <-l.c:
			if strings.Contains(line, text) {
				return line
			}
		case <-deadline:
			t.Fatalf("the log says nothing of %q", text)
		}
	}
}

// newWorld makes an engine with a program.
func newWorld(t *testing.T, o Options, source string) *world {
	t.Helper()
	runtime.LockOSThread() // as a loop's
	t.Cleanup(runtime.UnlockOSThread)
	w := &world{t: t, posted: make(chan func(), 10000), log: &lines{make(chan string, 10000)}}
	o.Log = zerolog.New(w.log)
	if o.Timeout == 0 {
		o.Timeout = time.Second // the machine that tests run on may be busy
	}
	if o.SlowTimeout == 0 {
		o.SlowTimeout = patient
	}
	w.engine = New(o)
	t.Cleanup(w.engine.Close)
	w.loop = w.engine.Loop(func(f func()) { w.posted <- f }).(*Loop)
	t.Cleanup(w.loop.Close)
	w.file = filepath.Join(t.TempDir(), "main.js")
	w.write(w.file, source)
	if err := w.engine.Load(w.file); err != nil {
		t.Fatal(err)
	}
	return w
}

// load puts a program in force.
func load(t testing.TB, e *Engine, source string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.js")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := e.Load(file); err != nil {
		t.Fatal(err)
	}
}

func (w *world) write(file, text string) {
	w.t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// turn runs what is posted to the loop, the next of it.
func (w *world) turn() {
	w.t.Helper()
	select {
	case f := <-w.posted:
		f()
	case <-time.After(patient):
		w.t.Fatal("nothing was posted to the loop")
	}
}

// query is a hook.Query of constants.
type query struct {
	queryCopy
}

func newQuery(sql string) *query {
	q := &query{queryCopy{
		clientCopy: clientCopy{id: 7, addr: "192.0.2.1", port: 4711, user: "app", schema: "shop", attributes: [][2]string{{"program_name", "till"}}},
		sql:        []byte(sql), whole: true, hostgroup: 10,
	}}
	q.digest = digest.Scan(q.sql, 0).Hash
	q.digestText = digest.AppendText(nil, q.sql, 0)
	return q
}

// session waits for answers.
type session struct {
	connect *hook.ConnectVerdict
	auth    *hook.AuthVerdict
	verdict *hook.Verdict
	result  *hook.ResultVerdict
	rows    *hook.RowsVerdict
	end     *hook.EndVerdict
	answers int
}

func (s *session) ConnectAnswered(v *hook.ConnectVerdict) { s.connect, s.answers = v, s.answers+1 }
func (s *session) AuthAnswered(v *hook.AuthVerdict)       { s.auth, s.answers = v, s.answers+1 }
func (s *session) QueryAnswered(v *hook.Verdict)          { s.verdict, s.answers = v, s.answers+1 }
func (s *session) ResultAnswered(v *hook.ResultVerdict)   { s.result, s.answers = v, s.answers+1 }
func (s *session) RowsAnswered(v *hook.RowsVerdict)       { s.rows, s.answers = v, s.answers+1 }
func (s *session) EndAnswered(v *hook.EndVerdict)         { s.end, s.answers = v, s.answers+1 }

// ask asks onQuery, and waits if need be.
func (w *world) ask(q hook.Query) *hook.Verdict {
	w.t.Helper()
	var s session
	v, pending := w.loop.Query(q, &s)
	if pending == nil {
		return v
	}
	for s.answers == 0 {
		w.turn()
	}
	return s.verdict
}

// calls is how often a call of a hook ended so.
func (w *world) calls(k hook.Kind, o outcome) uint64 { return w.loop.stats.Calls(int(k), int(o)) }
