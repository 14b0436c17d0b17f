// Package process runs the child processes of tests and benches: none outlives
// the program that started it, and each can be asked what it costs.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// pollInterval is how often a state of the kernel that nothing announces is
// looked at.
const pollInterval = time.Millisecond

// Process is a running or ended child. Its methods may be called from any
// goroutine.
type Process struct {
	// Immutable.
	cmd  *exec.Cmd
	done chan struct{}

	// Written before done is closed, read after.
	state *os.ProcessState
}

// Start starts cmd, in a process group of its own (a Ctrl-C at the terminal
// goes to the parent alone), to be killed by the kernel when this program ends,
// however it ends. cmd must not be used by the caller afterwards; what it gave
// as SysProcAttr is kept and completed.
func Start(cmd *exec.Cmd) (*Process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	p := &Process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return p, nil
}

// run starts the child and stays until it ended: the death signal comes when
// the *thread* that started the child ends (prctl(2), PR_SET_PDEATHSIG), so that
// thread belongs to this goroutine for as long.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	// The error repeats the exit status, which state holds.
	_ = p.cmd.Wait()
	p.state = p.cmd.ProcessState
	close(p.done)
}

// As makes cmd run as that user of the system, without supplementary groups.
// Only root can.
func As(cmd *exec.Cmd, u *user.User) error {
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return fmt.Errorf("user %s: %w", u.Username, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return fmt.Errorf("user %s: %w", u.Username, err)
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return nil
}

// PID is the child's process id; after its end, the one it had.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the child has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Running reports whether the child has not ended yet. A frozen one runs.
func (p *Process) Running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// ExitCode waits for the child's end. It is -1 when a signal ended it.
func (p *Process) ExitCode() int {
	<-p.done
	return p.state.ExitCode()
}

// Exit waits for the child's end and describes it: "exit status 1".
func (p *Process) Exit() string {
	<-p.done
	return p.state.String()
}

// Signal sends sig. An ended child is os.ErrProcessDone.
func (p *Process) Signal(sig os.Signal) error { return p.cmd.Process.Signal(sig) }

// Kill kills the child and returns when it is gone.
func (p *Process) Kill() {
	// The only error is that it has ended.
	_ = p.Signal(syscall.SIGKILL)
	<-p.done
}

// Stop asks the child to end (SIGTERM; a frozen one is thawed first), and kills
// it when it is still there after grace. It returns when the child is gone;
// forced says that it had to be killed.
func (p *Process) Stop(grace time.Duration) (forced bool) {
	_ = p.Signal(syscall.SIGTERM)
	_ = p.Signal(syscall.SIGCONT)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
		return false
	case <-timer.C:
		p.Kill()
		return true
	}
}

// Freeze stops the child (SIGSTOP) and returns when all of it stands still: its
// sockets stay open and take bytes, nothing answers.
func (p *Process) Freeze(ctx context.Context) error {
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		return fmt.Errorf("freeze process %d: %w", p.PID(), err)
	}
	return p.await(ctx, func(s Stat) bool { return s.State == 'T' })
}

// Thaw lets a frozen child go on, and returns when it does.
func (p *Process) Thaw(ctx context.Context) error {
	if err := p.Signal(syscall.SIGCONT); err != nil {
		return fmt.Errorf("thaw process %d: %w", p.PID(), err)
	}
	return p.await(ctx, func(s Stat) bool { return s.State != 'T' })
}

// await polls the child's state until ok likes it.
func (p *Process) await(ctx context.Context, ok func(Stat) bool) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		s, err := p.Stat()
		if err != nil {
			return err
		}
		if ok(s) {
			return nil
		}
		select {
		case <-ticker.C:
		case <-p.done:
			return errors.New("the process ended: " + p.Exit())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
