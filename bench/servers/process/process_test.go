package process

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func start(t *testing.T, argv ...string) *Process {
	t.Helper()
	p, err := Start(exec.Command(argv[0], argv[1:]...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

func TestStartOfNothing(t *testing.T) {
	if _, err := Start(exec.Command("/nonexistent/program")); err == nil {
		t.Fatal("no error for a program that does not exist")
	}
}

func TestExitCode(t *testing.T) {
	p := start(t, "sh", "-c", "exit 3")
	if code := p.ExitCode(); code != 3 {
		t.Errorf("exit code %d, want 3", code)
	}
	if p.Running() {
		t.Error("an ended process counts as running")
	}
	if got, want := p.Exit(), "exit status 3"; got != want {
		t.Errorf("Exit() = %q, want %q", got, want)
	}
}

func TestStop(t *testing.T) {
	for _, c := range []struct {
		name   string
		script string
		grace  time.Duration
		forced bool
	}{
		{"obeys", "echo ready; exec sleep 1000", time.Minute, false},
		{"ignores SIGTERM", "trap '' TERM; echo ready; while :; do sleep 1000; done", 20 * time.Millisecond, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command("sh", "-c", c.script)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			p, err := Start(cmd)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			if forced := p.Stop(c.grace); forced != c.forced {
				t.Errorf("forced = %v, want %v", forced, c.forced)
			}
			// The group is the child's own, so what it left behind can be told apart.
			_ = syscall.Kill(-p.PID(), syscall.SIGKILL)
		})
	}
}

func TestFreezeAndThaw(t *testing.T) {
	p := start(t, "sleep", "1000")
	if err := p.Freeze(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, err := p.Stat(); err != nil || s.State != 'T' {
		t.Errorf("frozen: state %c, %v", s.State, err)
	}
	if err := p.Thaw(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Freeze(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.Stop(time.Minute) {
		t.Error("a frozen process had to be killed")
	}
}

// TestChildrenDieWithTheirParent runs this test binary again, as a parent that
// is killed without a chance to clean up.
func TestChildrenDieWithTheirParent(t *testing.T) {
	const role = "PARKWAY_TEST_PARENT"
	if os.Getenv(role) != "" {
		p := start(t, "sleep", "1000")
		// The parent's input ends when the test is over, whatever happens.
		os.Stdout.WriteString(strconv.Itoa(p.PID()) + "\n")
		io.Copy(io.Discard, os.Stdin)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestChildrenDieWithTheirParent$")
	cmd.Env = append(os.Environ(), role+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	parent, err := Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer parent.Kill()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	parent.Kill()
	deadline := time.Now().Add(10 * time.Second)
	for alive(child) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d outlives its parent", child)
		}
		time.Sleep(pollInterval)
	}
}

// alive tells a running process from an ended one that nobody has waited for.
func alive(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	s, err := parseStat(text)
	return err == nil && s.State != 'Z'
}

func TestParseStat(t *testing.T) {
	page := int64(os.Getpagesize())
	for _, c := range []struct {
		text string
		want Stat
	}{
		{"42 (mariadbd) S 1 42 42 0 -1 4194560 9 0 0 0 150 50 0 0 20 0 12 0 100 1000 25 18446744073709551615 1",
			Stat{State: 'S', CPU: 2 * time.Second, RSS: 25 * page, Threads: 12}},
		{"42 (a (b) c) T 1 42 42 0 -1 4194560 9 0 0 0 1 0 7 7 20 0 1 0 100 1000 2 3",
			Stat{State: 'T', CPU: 10 * time.Millisecond, RSS: 2 * page, Threads: 1}},
	} {
		got, err := parseStat([]byte(c.text))
		if err != nil || got != c.want {
			t.Errorf("%s:\n got %+v, %v\nwant %+v", c.text, got, err, c.want)
		}
	}
	for _, text := range []string{"", ")", "42 (x) S 1 2 3", "42 (x) S 1 42 42 0 -1 4 9 0 0 0 x 50 0 0 20 0 12 0 100 1000 25 1"} {
		if _, err := parseStat([]byte(text)); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

func TestMemory(t *testing.T) {
	p := start(t, "sleep", "1000")
	if m, err := p.Memory(); err != nil || m.Anonymous <= 0 || m.RSS < m.Anonymous {
		t.Errorf("%+v, %v", m, err)
	}
	p.Kill()
	if m, err := p.Memory(); err == nil {
		t.Errorf("of an ended process: %+v", m)
	}
}

func TestKibibytes(t *testing.T) {
	text := []byte("Rss:\t   12 kB\nPss:  7 kB\nOdd: x kB\nBare: 5\n")
	if n, err := kibibytes(text, "Pss"); err != nil || n != 7<<10 {
		t.Errorf("got %d, %v", n, err)
	}
	for _, name := range []string{"ss", "Odd", "Bare"} {
		if n, err := kibibytes(text, name); err == nil {
			t.Errorf("%s: got %d", name, n)
		}
	}
}
