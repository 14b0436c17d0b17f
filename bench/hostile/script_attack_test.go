package hostile

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

const (
	loopTime  = 10 * time.Millisecond // timeout_ms
	breakCall = 5                     // calls in a row that take too long, and the function is left alone
)

// endless is a script with a function that does not end, for some statements. Each version has a breaker of its own.
func endless(version int) string {
	return fmt.Sprintf("// %d\nfunction onQuery(q) { if (q.sql.includes('/*loop*/')) while (true) {} }", version)
}

// A function that does not end holds up its worker for timeout_ms a call, as another client of that worker sees it, and is then left alone.
func TestScriptEndlessLoop(t *testing.T) {
	s := withScript(t, endless(0), fmt.Sprintf("timeout_ms = %d\n", loopTime.Milliseconds()), func(c *proxy.Config) { c.Loops = 1 })
	attacker, other := mysqltest.Dial(t, as("app", s.Proxy)), mysqltest.Dial(t, as("app", s.Proxy))
	if err := other.WriteCommand(protocol.ComPing); err != nil { // answered by the worker alone
		t.Fatal(err)
	}
	if _, err := other.ReadPacket(); err != nil {
		t.Fatal(err)
	}
	quiet := worstPing(t, other, func(stop <-chan struct{}) { <-time.After(time.Duration(sized(200, 2000)) * time.Millisecond) })
	worst := time.Duration(0)
	rounds := sized(3, 30)
	for round := range rounds {
		s.reload(t, endless(round+1))
		timeouts, skipped := s.calls(t, "timeout"), s.calls(t, "skipped")
		worst = max(worst, worstPing(t, other, func(<-chan struct{}) {
			for n := 0; s.calls(t, "skipped") == skipped; n++ {
				if n > 20*breakCall { // the machine that takes the place of one that was stopped may not be ready: that is no call
					t.Error("the breaker does not trip")
					return
				}
				_, err := attacker.Query("DO 0 /*loop*/")
				expectERR(t, err, 1105)
			}
		}))
		if n := s.calls(t, "timeout") - timeouts; n != breakCall {
			t.Errorf("round %d: %d calls took too long before the function was left alone, want %d", round, n, breakCall)
		}
		if !strings.Contains(s.Log(), "left alone for a while") {
			t.Error("the log says nothing of it")
		}
	}
	over := worst - loopTime
	verdict := "reached"
	if over-quiet > time.Millisecond {
		verdict = "MISSED"
	}
	t.Logf("%d calls that do not end: another client of the worker waits %v at most (%v without); at most timeout_ms + 1 ms: %s", rounds*breakCall, worst, quiet, verdict)
	limit := time.Duration(sized(int(stall), int(time.Millisecond))) // where the machine is busy, who ends the call has to wait for a core
	if over-quiet > limit {
		t.Errorf("%v more than timeout_ms and what the machine takes by itself, limit %v", over-quiet, limit)
	}
}

// worstPing is the longest that a client's COM_PING took while something was done.
func worstPing(t *testing.T, c *mysqltest.Client, while func(stop <-chan struct{})) (worst time.Duration) {
	t.Helper()
	stop, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			asked := time.Now()
			err := c.WriteCommand(protocol.ComPing)
			if err == nil {
				_, err = c.ReadPacket()
			}
			worst = max(worst, time.Since(asked))
			select {
			case <-stop:
				ended <- err
				return
			default:
			}
			if err != nil {
				ended <- err
				return
			}
		}
	}()
	while(stop)
	close(stop)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return worst
}

// attacks are what a script may do by mistake or on purpose, each for the statements with its name, and how its call ends.
var attacks = []struct{ name, body, outcome string }{
	{"allocation", "return offload(allocate)", "memory"},
	{"doubling", "return offload(double)", "error"},
	{"recursion", "(function f() { f() })()", "error"},
	{"natives", "const e = new Error; e.message = e; String(e)", "error"},
	{"getters", "q.reply([{get a() { throw 1 }}])", "error"},
	{"spread", "const a = []; a.length = 2 ** 32 - 1; [...a]", "error"},
	{"poison", `
		Object.prototype.then = () => { throw 1 }
		Array.prototype[Symbol.iterator] = String.prototype.toString = Function.prototype.call = Object.prototype.toString = () => { throw 1 }
		Object.defineProperty(Object.prototype, "sql", {get() { throw 1 }, set() { throw 1 }})
		Promise = Error = TypeError = undefined
		throw 1`, "error"},
	{"unsettled", "return offload(never)", "unsettled"},
	{"waiting", "return offload(waiting)", "timeout"},
}

// attackScript has them all.
func attackScript() string {
	var b strings.Builder
	b.WriteString(`
		async function allocate(q) { const all = []; for (;;) all.push(new Array(1000).fill(1)) }
		async function double(q) { let s = "x"; for (;;) s += s }
		async function never(q) { await new Promise(() => {}) }
		async function waiting(q) { await sleep(100000) }
		function onQuery(q) {
			if (q.sql.includes("/*fine*/")) { q.reply([{fine: 1}]); return }
	`)
	for _, a := range attacks {
		fmt.Fprintf(&b, "if (q.sql.includes('/*%s*/')) { %s }\n", a.name, a.body)
	}
	b.WriteString("}")
	return b.String()
}

// attackTime is how long each goes on, so that others have the time to notice.
const attackTime = 200 * time.Millisecond

// attackMemory is what the process may take more while a script takes all that it can get: see docs/scripting.md.
const attackMemory = 256 << 20

// Whatever a script does, its client reads what on_error says, the next call finds everything as it was, and others notice nothing.
func TestScriptAttacks(t *testing.T) {
	s := withScript(t, attackScript(), "timeout_ms = 1000\nslow_timeout_ms = 10000\nmemory_mb = 64\n", nil)
	c := mysqltest.Dial(t, as("app", s.Proxy))
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			if a.name == "waiting" && !*long {
				t.Skip("10 seconds: -long")
			}
			before, begun, times := rss(t, s.Proxy), time.Now(), 0
			most := before
			w := observe(t, s.Proxy)
			for ; times == 0 || time.Since(begun) < attackTime; times++ {
				answered := make(chan error, 1)
				go func() {
					_, err := c.Query("DO 0 /*" + a.name + "*/")
					answered <- err
				}()
				for waiting := true; waiting; {
					select {
					case err := <-answered:
						expectERR(t, err, 1105)
						if err != nil && !strings.Contains(err.Error(), "("+a.outcome+")") {
							t.Errorf("%v, want %s", err, a.outcome)
						}
						waiting = false
					case <-time.After(time.Millisecond):
						most = max(most, rss(t, s.Proxy))
					}
				}
				await(t, "the next call finds everything as it was", func() bool { // its machine may be on its way
					r, err := c.Query("DO 0 /*fine*/")
					if err != nil {
						return false
					}
					rows, err := r[0].Text()
					return err == nil && rows[0][0] == "1"
				})
			}
			w.check(t)
			limit := int64(sized(2*attackMemory, attackMemory)) // who stops it may have to wait for a core
			t.Logf("%d times: the process takes up to %d MiB more", times, (most-before)>>20)
			if most-before > limit {
				t.Errorf("the process takes %d MiB more, limit %d", (most-before)>>20, limit>>20)
			}
		})
	}
}
