package process

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// CPU is the time that the process has used, user and system, of all its threads, ended ones too. It is the process's own clock
// (clock_getcpuclockid(3)), which counts nanoseconds where /proc/PID/stat counts ticks of 10 ms; of a thread that runs just now the time since the
// kernel's last tick may be missing.
func (p *Process) CPU() (time.Duration, error) {
	const scheduler = 2 // CPUCLOCK_SCHED: all that the scheduler has given it
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^p.PID()<<3|scheduler), &t); err != nil {
		return 0, fmt.Errorf("CPU clock of process %d: %w", p.PID(), err)
	}
	return time.Duration(t.Nano()), nil
}
