package main

import (
	"os"
	"runtime"
	"unsafe"

	"github.com/panjf2000/gnet/v2/pkg/netpoll"
	"golang.org/x/sys/unix"

	"parkway/reactor"
)

// loop waits for readable sockets and calls a function for each: the bare minimum of an event loop.
type loop struct {
	onReadable func(fd int)
	wait       string
	thread     string
	core       int

	epoll int             // Own wait.
	gnet  *netpoll.Poller // gnet's.
}

func newLoop(wait, thread string, index int, onReadable func(fd int)) (*loop, error) {
	cores := reactor.UsableCores()
	l := &loop{onReadable: onReadable, wait: wait, thread: thread, core: cores[index%len(cores)]}
	var err error
	if wait == waitGnet {
		l.gnet, err = netpoll.OpenPoller()
	} else {
		l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	}
	return l, err
}

func (l *loop) add(fd int) error {
	if l.gnet != nil {
		return l.gnet.AddRead(&netpoll.PollAttachment{FD: fd}, false)
	}
	return unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
}

// run never returns unless waiting fails.
func (l *loop) run() error {
	if l.thread != threadFree {
		runtime.LockOSThread()
	}
	if l.thread == threadPinned {
		var set unix.CPUSet
		set.Set(l.core)
		if err := unix.SchedSetaffinity(0, &set); err != nil {
			return os.NewSyscallError("sched_setaffinity", err)
		}
	}
	if l.gnet != nil {
		return l.gnet.Polling(func(fd int, _ netpoll.IOEvent, _ netpoll.IOFlags) error {
			l.onReadable(fd)
			return nil
		})
	}
	return l.ownWait()
}

func (l *loop) ownWait() error {
	var events [256]unix.EpollEvent
	for {
		n := 0
		if l.wait != waitBlock {
			n = l.ready(events[:])
		}
		if n == 0 && l.wait == waitYield {
			unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0)
			n = l.ready(events[:])
		}
		if n == 0 {
			var err error
			n, err = unix.EpollWait(l.epoll, events[:], -1)
			if err != nil && err != unix.EINTR {
				return os.NewSyscallError("epoll_wait", err)
			}
		}
		for i := range max(n, 0) {
			l.onReadable(int(events[i].Fd))
		}
	}
}

// ready takes what is there without waiting, unseen by the scheduler.
func (l *loop) ready(events []unix.EpollEvent) int {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(l.epoll), uintptr(unsafe.Pointer(&events[0])),
		uintptr(len(events)), 0, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}
