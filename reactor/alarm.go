package reactor

import (
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// alarm is the timerfd that wakes a loop for its earliest timer. It is watched edge-triggered and never read.
//
// It is set only before a wait, and only when the earliest timer became earlier than what it is set to. A timer that is
// armed and stopped with every query (its timeout) so costs no system call; the price is a needless wake-up now and then.
type alarm struct {
	fd  int
	set int64 // Loop.Now at which it rings; math.MaxInt64: it won't.
}

func (a *alarm) open() (err error) {
	a.set = math.MaxInt64
	a.fd, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	return os.NewSyscallError("timerfd_create", err)
}

func (a *alarm) close() { unix.Close(a.fd) }

// rang is called when its event came.
func (a *alarm) rang() { a.set = math.MaxInt64 }

// ringAt makes sure that the alarm rings at when or earlier. now is the present time on the same clock.
func (a *alarm) ringAt(when, now int64) error {
	if when >= a.set {
		return nil
	}
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(max(when-now, 1))}
	if err := unix.TimerfdSettime(a.fd, 0, &spec, nil); err != nil {
		return os.NewSyscallError("timerfd_settime", err)
	}
	a.set = when
	return nil
}
