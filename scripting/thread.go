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
