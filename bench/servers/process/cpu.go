package process

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// CPU is the time that the process has used, user and system, of all its threads, ended ones too. It is the process's own clock
// (clock_getcpuclockid(3)), which counts nanoseconds where /proc/PID/stat counts ticks of 10 ms (but see CPUStep); of a thread that runs just now the
// time since the kernel's last tick may be missing.
func (p *Process) CPU() (time.Duration, error) {
	const scheduler = 2 // CPUCLOCK_SCHED: all that the scheduler has given it
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^p.PID()<<3|scheduler), &t); err != nil {
		return 0, fmt.Errorf("CPU clock of process %d: %w", p.PID(), err)
	}
	return time.Duration(t.Nano()), nil
}

// CPUStep is the least by which the CPU clock of a process grows: well below a microsecond where the kernel has a clock for it, 10 ms where it
// goes by its ticks (User Mode Linux, whose clock_getres(2) says 1 ns all the same). It works for a few steps to see them.
func CPUStep() (time.Duration, error) {
	const steps = 5
	var least, last time.Duration
	for n := 0; n <= steps; {
		var t unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
			return 0, fmt.Errorf("CPU clock: %w", err)
		}
		now := time.Duration(t.Nano())
		if now == last {
			continue
		}
		// The first is from somewhere on.
		if step := now - last; n == 1 || n > 1 && step < least {
			least = step
		}
		last = now
		n++
	}
	return least, nil
}
