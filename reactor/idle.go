package reactor

import (
	"fmt"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// idleLoop watches the parked sockets of one loop, on a goroutine that is neither locked nor pinned and sleeps in epoll_wait. It knows
// descriptors and nothing else, and touches none of them: what it says of one is a hint, which the loop verifies, because a descriptor that
// was closed may have another socket by then.
//
// Its poller is that of the loops. gnet's Polling calls runtime.Gosched each time it runs dry, which wakes another thread to look for work:
// where sessions wake up one by one that is most of what waking costs (ARCHITECTURE.md, "Facts that were measured").
type idleLoop struct {
	// Immutable.
	poll poller
	efd  int // Becomes readable when the goroutine is to end.
	loop *Loop
	wake func() // What is posted to the loop.

	mu    sync.Mutex // Held for a few instructions. The loop never waits for it.
	ready []int32    // Descriptors that something happened to since the loop took them.
}

// idleEvents are what is watched on a parked descriptor.
const idleEvents = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET

func newIdleLoop(l *Loop) (*idleLoop, error) {
	i := &idleLoop{loop: l, wake: l.wakeParked}
	if err := i.poll.open(); err != nil {
		return nil, err
	}
	var err error
	if i.efd, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		i.poll.close()
		return nil, os.NewSyscallError("eventfd", err)
	}
	if err := i.poll.add(i.efd, unix.EPOLLIN, wakeSlot, 0); err != nil {
		i.close()
		return nil, err
	}
	return i, nil
}

// watch begins to watch fd: edge-triggered, so that it is reported once for each thing that happens to it, beginning with what is
// there already. Closing the descriptor ends that. Any thread.
func (i *idleLoop) watch(fd int) error { return i.poll.add(fd, idleEvents, int32(fd), 0) }

// unwatch ends what watch began. Any thread.
func (i *idleLoop) unwatch(fd int) error { return i.poll.remove(fd) }

// run is the idle loop's goroutine. It ends after stop.
func (i *idleLoop) run() {
	defer i.close()
	for {
		n, err := i.poll.sleep()
		if err != nil {
			panic(fmt.Errorf("idle loop %d: %w", i.loop.index, err)) // As in Loop.await: a defect, after which no parked client would be heard.
		}
		if !i.collect(i.poll.events[:n]) {
			return
		}
	}
}

// collect takes down what happened. The loop is told once, until it takes that. It is false when the goroutine is to end.
func (i *idleLoop) collect(events []unix.EpollEvent) (goOn bool) {
	if len(events) == 0 {
		return true // a signal
	}
	i.mu.Lock()
	first := len(i.ready) == 0
	for n := range events {
		if events[n].Fd == wakeSlot {
			i.mu.Unlock()
			return false
		}
		i.ready = append(i.ready, events[n].Fd)
	}
	i.mu.Unlock()
	if first {
		i.loop.Post(i.wake)
	}
	return true
}

// take returns what was collected, in exchange for an empty slice. Without ok another thread is just adding to it: ask again.
func (i *idleLoop) take(empty []int32) (ready []int32, ok bool) {
	if !i.mu.TryLock() {
		return empty, false
	}
	ready, i.ready = i.ready, empty
	i.mu.Unlock()
	return ready, true
}

// stop ends the goroutine. Any thread.
func (i *idleLoop) stop() {
	one := uint64(1)
	unix.RawSyscall(unix.SYS_WRITE, uintptr(i.efd), uintptr(unsafe.Pointer(&one)), 8)
}

func (i *idleLoop) close() {
	unix.Close(i.efd)
	i.poll.close()
}
