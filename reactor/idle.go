package reactor

import (
	"fmt"
	"sync"

	"github.com/panjf2000/gnet/v2/pkg/errors"
	"github.com/panjf2000/gnet/v2/pkg/netpoll"
	"github.com/panjf2000/gnet/v2/pkg/queue"
)

// idleLoop watches the parked sockets of one loop: gnet's poller as it comes, on a goroutine that is neither locked nor pinned and
// sleeps in epoll_wait. It knows descriptors and nothing else, and touches none of them: what it says of one is a hint, which the loop
// verifies, because a descriptor that was closed may have another socket by then.
type idleLoop struct {
	// Immutable.
	poll *netpoll.Poller
	loop *Loop
	wake func() // What is posted to the loop.

	mu    sync.Mutex // Held for a few instructions. The loop never waits for it.
	ready []int32    // Descriptors that something happened to since the loop took them.
}

func newIdleLoop(l *Loop) (*idleLoop, error) {
	poll, err := netpoll.OpenPoller()
	if err != nil {
		return nil, err
	}
	return &idleLoop{poll: poll, loop: l, wake: l.wakeParked}, nil
}

// watch begins to watch fd: edge-triggered, so that it is reported once for each thing that happens to it, beginning with what is
// there already. Closing the descriptor ends that. Any thread.
func (i *idleLoop) watch(fd int) error {
	return i.poll.AddRead(&netpoll.PollAttachment{FD: fd}, true)
}

// unwatch ends what watch began. Any thread.
func (i *idleLoop) unwatch(fd int) error { return i.poll.Delete(fd) }

// run is the idle loop's goroutine. It ends after stop.
func (i *idleLoop) run() {
	if err := i.poll.Polling(i.onEvent); err != errors.ErrEngineShutdown {
		panic(fmt.Errorf("idle loop %d: %w", i.loop.index, err)) // As in Loop.await: a defect, after which no parked client would be heard.
	}
	i.close()
}

// onEvent collects what happened. The loop is told once, until it takes what was collected.
func (i *idleLoop) onEvent(fd int, _ netpoll.IOEvent, _ netpoll.IOFlags) error {
	i.mu.Lock()
	i.ready = append(i.ready, int32(fd))
	first := len(i.ready) == 1
	i.mu.Unlock()
	if first {
		i.loop.Post(i.wake)
	}
	return nil
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
func (i *idleLoop) stop() error {
	return i.poll.Trigger(queue.HighPriority, func(any) error { return errors.ErrEngineShutdown }, nil)
}

func (i *idleLoop) close() { _ = i.poll.Close() }
