package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// A role is one of the three processes: this program again, told by an environment variable what to be. It prints one line
// when it is ready, and then a number for each question that it reads.
const (
	askCounter = "counter" // The role's counter.
	askP99     = "p99"     // The client's 99th percentile of answer times since it was last asked, in microseconds.

	roleVariable  = "PARKWAY_WAIT_ROLE"
	setupVariable = "PARKWAY_WAIT_SETUP"
)

// setup is what a role is told.
type setup struct {
	Connections int
	Server      string        // Where to connect to.
	Variant     variant       // Of the forwarder.
	Work        time.Duration // Of the server, on one request.
}

// roles maps a role's name to the function that makes it ready. It returns the line to print, a function that starts the
// work after that line was printed, and a function that answers questions.
var roles = map[string]func(setup) (ready string, start func() error, answer func(question string) int64, err error){
	"echo":    prepareEcho,
	"forward": prepareForward,
	"load":    prepareLoad,
}

func runRole(role string) error {
	var s setup
	if err := json.Unmarshal([]byte(os.Getenv(setupVariable)), &s); err != nil {
		return err
	}
	ready, start, answer, err := roles[role](s)
	if err != nil {
		return err
	}
	fmt.Println(ready)
	if err := start(); err != nil {
		return err
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		fmt.Println(answer(in.Text()))
	}
	return in.Err()
}

// runningRole is a process with a role, seen from outside.
type runningRole struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startRole(role string, s setup) (*runningRole, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	arg, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	p := &runningRole{cmd: exec.Command(self)}
	p.cmd.Env = append(os.Environ(), roleVariable+"="+role, setupVariable+"="+string(arg))
	p.cmd.Stderr = os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	return p, p.cmd.Start()
}

func (p *runningRole) line() (string, error) {
	s, err := p.out.ReadString('\n')
	return strings.TrimSpace(s), err
}

func (p *runningRole) ask(question string) (int64, error) {
	if _, err := fmt.Fprintln(p.in, question); err != nil {
		return 0, err
	}
	s, err := p.line()
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(s, 10, 64)
}

// end stops the process; what it was doing is of no interest.
func (p *runningRole) end() {
	p.in.Close()
	p.cmd.Process.Kill()
	p.cmd.Wait()
}
