package scripting

import "golang.org/x/sys/unix"

// threadID is the kernel's id of the thread that calls.
func threadID() int32 { return int32(unix.Gettid()) }

// threadTime is for how many nanoseconds a thread of this process has computed; not ok: there is no such thread. Any thread.
func threadTime(id int32) (ns int64, ok bool) {
	if id == 0 {
		return 0, false
	}
	const perThread, scheduled = 4, 2 // see MAKE_THREAD_CPUCLOCK of Linux
	var t unix.Timespec
	err := unix.ClockGettime(^id<<3|perThread|scheduled, &t)
	return t.Nano(), err == nil
}

// timeSlice is for how many nanoseconds the watchdog's thread would like to run at a time: the least that Linux allows.
const timeSlice = 100_000

// hasten has the thread that calls, which is locked, run sooner when it wakes up on a busy core: Linux (6.12 and later) lets a thread in that wants less
// time than the one that runs. With both cores busy it was 1 ms late in place of 4 for one time in twenty, 9 in place of 18 for one in a hundred. Where
// that is not possible, all stays as it is.
func hasten() {
	a, err := unix.SchedGetAttr(0, 0)
	if err != nil || a.Policy != unix.SCHED_NORMAL {
		return
	}
	a.Runtime = timeSlice
	_ = unix.SchedSetAttr(0, a, 0)
}
