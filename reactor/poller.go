package reactor

import (
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxEvents is the most events taken in one turn; what exceeds it stays ready for the next.
const maxEvents = 256

// Keys of the descriptors that are not connections. A connection's key is its slot (0 and up) and its generation.
const (
	wakeSlot     = -1
	timerSlot    = -2
	idleSlot     = -3
	listenerSlot = -4 // and below: -4 is the first listener of the loop
)

// poller is one epoll instance: add, modify, remove, and two ways to wait. It stands where gnet's netpoll.Poller would.
// bench/wait measures both: on locked threads gnet's costs 32 to 36 microseconds a request where this one costs 17 to 25,
// and 19 to 29 on threads that are not locked (bench/results/wait.txt). If a later gnet comes within a tenth, take it back.
type poller struct {
	fd     int
	events [maxEvents]unix.EpollEvent
}

func (p *poller) open() (err error) {
	p.fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return os.NewSyscallError("epoll_create1", err)
}

func (p *poller) close() { unix.Close(p.fd) }

// ready takes the events that are there without waiting and returns how many. The scheduler isn't told: with a timeout
// of zero the call can't block.
func (p *poller) ready() (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events[0])), maxEvents, 0, 0, 0)
	switch errno {
	case 0:
		return int(n), nil
	case unix.EINTR:
		return 0, nil
	}
	return 0, os.NewSyscallError("epoll_wait", errno)
}

// The bounds of wait's yields. One that returns sooner found nobody to run; after one that took longer somebody computes, and will again.
const (
	maxYields = 4
	soonYield = 4 * time.Microsecond
	longYield = 200 * time.Microsecond
)

// wait is called when nothing is ready. It gives the core away before it blocks: on a busy host the processes that were
// just written to run now, and their answers are there at once, without a block and a wake-up; that saves a sixth to a
// quarter of the CPU time (bench/results/wait.txt). As long as others run, and shortly, it does so again: sysbench's
// read_write and point_select with 64 threads on two cores had 3 to 6 % more queries/s of it, at 3 to 5 % less CPU a
// query. On an idle core the yield returns within a microsecond. It may return 0 after a signal.
func (p *poller) wait() (int, error) {
	began := time.Now()
	for range maxYields {
		// A raw call: the scheduler is not told. Told, its sysmon takes the P of a thread that is off its core, which makes
		// sysmon itself look every 20 microseconds: 3 to 4 % of the CPU time of a busy proxy. To stop the world the scheduler
		// waits for the thread's next time on the core, as for any thread that the kernel has preempted.
		unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0)
		if n, err := p.ready(); n != 0 || err != nil {
			return n, err
		}
		now := time.Now()
		if took := now.Sub(began); took < soonYield || took > longYield {
			break
		}
		began = now
	}
	n, err := unix.EpollWait(p.fd, p.events[:], -1)
	switch err {
	case nil:
		return n, nil
	case unix.EINTR:
		return 0, nil
	}
	return 0, os.NewSyscallError("epoll_wait", err)
}

// ctl changes what is watched on fd. slot and generation come back with each event.
func (p *poller) ctl(op, fd int, events uint32, slot int32, generation uint32) error {
	ev := unix.EpollEvent{Events: events, Fd: slot, Pad: int32(generation)}
	_, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(p.fd), uintptr(op), uintptr(fd), uintptr(unsafe.Pointer(&ev)), 0, 0)
	if errno != 0 {
		return os.NewSyscallError("epoll_ctl", errno)
	}
	return nil
}

func (p *poller) add(fd int, events uint32, slot int32, generation uint32) error {
	return p.ctl(unix.EPOLL_CTL_ADD, fd, events, slot, generation)
}

func (p *poller) modify(fd int, events uint32, slot int32, generation uint32) error {
	return p.ctl(unix.EPOLL_CTL_MOD, fd, events, slot, generation)
}

func (p *poller) remove(fd int) error {
	return p.ctl(unix.EPOLL_CTL_DEL, fd, 0, 0, 0)
}
