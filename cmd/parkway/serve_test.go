package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// running is a run of the program, in this process. Its log is a pipe, so that a test can wait for a line.
type running struct {
	t     testing.TB
	file  string // the configuration
	set   settings
	lines chan string
	exit  chan int
}

// checkLeaks is CheckLeaks after the goroutine is there that the runtime keeps for signals.
func checkLeaks(t testing.TB) {
	t.Helper()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	signal.Stop(signals)
	mysqltest.CheckLeaks(t)
}

// startRun starts the program. stop, or a signal, must end it.
func startRun(t testing.TB, set settings) *running {
	t.Helper()
	keepGlobals(t)
	set.log = filepath.Join(t.TempDir(), "log")
	if err := unix.Mkfifo(set.log, 0o600); err != nil {
		t.Fatal(err)
	}
	r := &running{t: t, file: writeConfig(t, set.text()), set: set, lines: make(chan string, 1000), exit: make(chan int, 1)}
	pipe, err := os.OpenFile(set.log, os.O_RDWR, 0) // Also for writing: there is no end between two writers.
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for in := bufio.NewScanner(pipe); in.Scan(); {
			r.lines <- in.Text()
		}
	}()
	t.Cleanup(func() {
		pipe.Close()
		<-read
	})
	go func() {
		var out bytes.Buffer
		r.exit <- run([]string{"--config", r.file}, &out, &out)
	}()
	return r
}

// startStalled starts a run that has a client whose statement the server never answers, so that a drain does not end.
func startStalled(t *testing.T) (*running, *mysqltest.Client) {
	t.Helper()
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{
		Handler: func(_ protocol.Command, _ []byte, w *mysqltest.Answer) { w.Stall() },
	})
	r := startRun(t, settings{server: server.Addr(), more: "shutdown_timeout_ms = 3600000"})
	addr := r.line("serving")["listen"].([]any)[0].(string)
	c := mysqltest.Dial(t, mysqltest.ClientConfig{Addr: addr, User: "app", Password: "secret", Timeout: patience})
	if err := c.WriteCommand(protocol.ComQuery, []byte("SELECT SLEEP(3600)")...); err != nil {
		t.Fatal(err)
	}
	server.WaitCommands(t, 1)
	return r, c
}

// line waits for a line of the log with this message.
func (r *running) line(message string) (fields map[string]any) {
	r.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case line := <-r.lines:
			fields = nil
			if err := json.Unmarshal([]byte(line), &fields); err != nil {
				r.t.Fatalf("%q: %v", line, err)
			}
			if fields["message"] == message {
				return fields
			}
		case <-timer.C:
			r.t.Fatalf("no line %q within %v", message, patience)
		}
	}
}

// signal sends a signal to this process, which the run takes.
func (r *running) signal(s syscall.Signal) {
	r.t.Helper()
	if err := syscall.Kill(os.Getpid(), s); err != nil {
		r.t.Fatal(err)
	}
}

// ended waits for the exit code.
func (r *running) ended() int {
	r.t.Helper()
	select {
	case code := <-r.exit:
		return code
	case <-time.After(patience):
		r.t.Fatal("the program does not end")
	}
	panic("unreachable")
}

// get fetches a path by HTTP.
func get(t testing.TB, addr, path string) (code int, body string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	r, err := client.Get("http://" + addr + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

func TestServe(t *testing.T) {
	checkLeaks(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Users: map[string]string{"app": "secret"}})
	r := startRun(t, settings{server: server.Addr(), http: "127.0.0.1:0", more: "max_connections = 10000000"})
	web := r.line("HTTP listens")["address"].(string)
	serving := r.line("serving")
	few := r.line("RLIMIT_NOFILE allows fewer clients than max_connections")
	if own, rest := few["own"].(float64), few["for_servers"].(float64); own+rest+few["clients"].(float64) != few["descriptors"].(float64) || rest <= 0 {
		t.Errorf("the parts are not the whole: %v", few)
	}
	addr := serving["listen"].([]any)[0].(string)
	if serving["loops"] != 1.0 || serving["pinned"] != false || len(serving["cores"].([]any)) != 0 || !strings.HasPrefix(serving["version"].(string), "parkway dev") {
		t.Errorf("announced %v", serving)
	}

	c := mysqltest.Dial(t, mysqltest.ClientConfig{Addr: addr, User: "app", Password: "secret", Timeout: patience})
	if v, err := c.Value("SELECT 1"); v != "1" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	if code, body := get(t, web, "/healthz"); code != http.StatusOK || body != "ok\n" {
		t.Errorf("/healthz: %d %q", code, body)
	}
	code, body := get(t, web, "/metrics")
	for _, want := range []string{
		`parkway_sessions{state="active"} 1`,
		`parkway_backend_status{hostgroup="1",server="` + server.Addr() + `",status="ONLINE"} 1`,
		`parkway_loop_busy_seconds_total{loop="0"} `,
		`parkway_monitor_workers 2`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("/metrics (%d) lacks %s", code, want)
		}
	}
	if code, body := get(t, web, "/monitor"); code != http.StatusOK || !strings.Contains(body, `"server": "`+server.Addr()+`"`) {
		t.Errorf("/monitor: %d %q", code, body)
	}

	r.signal(syscall.SIGTERM)
	r.line("draining")
	if rest, err := c.ExpectEOF(); err != nil || !strings.Contains(string(rest), "parkway: server shutdown in progress") {
		t.Errorf("the client read %q, %v", rest, err)
	}
	c.Close()
	if cut := r.line("stopped")["cut"]; cut != 0.0 {
		t.Errorf("%v clients were cut off", cut)
	}
	if code := r.ended(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

// A second signal ends what the first one waits for; a SIGHUP in between does not.
func TestSecondSignalStopsAtOnce(t *testing.T) {
	checkLeaks(t)
	r, c := startStalled(t)
	r.signal(syscall.SIGINT)
	r.line("draining")
	r.signal(syscall.SIGHUP)
	r.signal(syscall.SIGTERM)
	if cut := r.line("stopped")["cut"]; cut != 1.0 {
		t.Errorf("%v clients were cut off, want 1", cut)
	}
	if _, err := c.ReadAnswer(protocol.ComQuery); err == nil || !strings.Contains(err.Error(), "server shutdown in progress") {
		t.Errorf("the client read %v", err)
	}
	if code := r.ended(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

func TestReload(t *testing.T) {
	checkLeaks(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{})
	r := startRun(t, settings{server: server.Addr()})
	addr := r.line("serving")["listen"].([]any)[0].(string)
	reload := func(text string) {
		t.Helper()
		if err := os.WriteFile(r.file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r.signal(syscall.SIGHUP)
	}
	login := func(password string) error {
		c, err := mysqltest.Connect(mysqltest.ClientConfig{Addr: addr, User: "app", Password: password, Timeout: patience})
		if err == nil {
			c.Close()
		}
		return err
	}

	reload("[listen]\nmysql = []\n")
	if said := r.line("reload refused: the configuration stays as it is"); said["level"] != "error" {
		t.Errorf("%v", said)
	}
	if err := login("secret"); err != nil {
		t.Errorf("after a bad file: %v", err)
	}

	changed := r.set
	changed.more, changed.http = "wait_timeout_ms = 5000", "127.0.0.1:1"
	reload(strings.Replace(changed.text(), `"secret"`, `"changed"`, 1))
	applied := r.line("configuration reloaded")["changed"].([]any)
	if len(applied) != 2 || applied[0] != "mysql_variables.wait_timeout_ms" || applied[1] != "mysql_users" {
		t.Errorf("changed %v", applied)
	}
	if keys := r.line("changed in the file, but in force only after a restart")["keys"].([]any); len(keys) != 1 || keys[0] != "listen.http" {
		t.Errorf("in need of a restart: %v", keys)
	}
	if err := login("changed"); err != nil {
		t.Errorf("with the new password: %v", err)
	}
	if err := login("secret"); err == nil {
		t.Error("the old password is good still")
	}
	r.signal(syscall.SIGTERM)
	r.line("stopped")
	if code := r.ended(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

// A server that accepts connections and says nothing does not keep clients out.
func TestStartWithASilentServer(t *testing.T) {
	checkLeaks(t)
	server := mysqltest.NewServer(t, mysqltest.ServerConfig{Fault: mysqltest.Fault{Mute: true}})
	const longer = "connect_timeout_server_ms = 3600000\nconnect_timeout_server_max_ms = 3600000"
	r := startRun(t, settings{server: server.Addr(), more: longer})
	silent := r.line("servers have not answered yet: clients are let in without them")["servers"].([]any)
	if len(silent) != 1 || silent[0] != server.Addr() {
		t.Errorf("servers %v", silent)
	}
	r.line("serving")
	r.signal(syscall.SIGTERM)
	r.line("stopped")
	if code := r.ended(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

// What can't be started leaves with code 2, says why, and leaves nothing behind.
func TestCannotStart(t *testing.T) {
	checkLeaks(t)
	taken, err := listenHTTP("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, test := range []struct {
		name string
		set  settings
		want string
	}{
		{"MySQL address in use", settings{listen: taken.Addr().String()}, "listen on " + taken.Addr().String()},
		{"HTTP address in use", settings{http: taken.Addr().String()}, "HTTP: listen tcp " + taken.Addr().String()},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := startRun(t, test.set)
			if text := r.line("cannot start")["error"].(string); !strings.Contains(text, test.want) {
				t.Errorf("error %q, want %q", text, test.want)
			}
			if code := r.ended(); code != exitStart {
				t.Errorf("exit code %d", code)
			}
		})
	}
	t.Run("log", func(t *testing.T) {
		keepGlobals(t)
		file := writeConfig(t, settings{log: filepath.Join(t.TempDir(), "none", "log")}.text())
		var errs bytes.Buffer
		if code := run([]string{"serve", "--config", file}, io.Discard, &errs); code != exitStart || !strings.Contains(errs.String(), "parkway: log: open ") {
			t.Errorf("exit code %d, %q", code, &errs)
		}
	})
}

// childVariable names the configuration for a test binary that is to be the program.
const childVariable = "PARKWAY_TEST_SERVE"

// The proxy goes on without who reads its log.
func TestLogReaderLeaves(t *testing.T) {
	if file := os.Getenv(childVariable); file != "" {
		os.Exit(run([]string{"--config", file}, os.Stdout, os.Stderr))
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), childVariable+"="+writeConfig(t, settings{}.text()))
	log, err := child.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(log); lines.Scan() && !strings.Contains(lines.Text(), `"serving"`); {
	}
	log.Close()
	if err := child.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := child.Wait(); err != nil {
		t.Errorf("%v, want exit code 0", err)
	}
}
