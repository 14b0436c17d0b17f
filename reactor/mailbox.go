package reactor

import (
	"os"
	"sync/atomic"
	"unsafe"

	"github.com/panjf2000/gnet/v2/pkg/queue"
	"golang.org/x/sys/unix"
)

// maxPosts is the most posted functions run in one turn; the rest run in the next, which does not wait.
const maxPosts = 1024

// States of mailbox.wake.
const (
	asleep  = 0 // The next poster writes to the eventfd.
	woken   = 1 // Somebody wrote, or is just about to.
	retired = 2 // The loop is over: nobody writes any more.
)

// mailbox brings functions from any thread to a loop: gnet's lock-free queue, and an eventfd in the loop's epoll set.
// The eventfd is watched edge-triggered and never read: each write is one event, and the counter can't overflow.
type mailbox struct {
	queue   queue.AsyncTaskQueue
	efd     int
	wake    atomic.Int32
	closing atomic.Bool
}

func (m *mailbox) open() (err error) {
	m.queue = queue.NewLockFreeQueue()
	m.efd, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	return os.NewSyscallError("eventfd", err)
}

func (m *mailbox) close() { unix.Close(m.efd) }

// post is called by any thread.
func (m *mailbox) post(fn func()) {
	if !m.closing.Load() {
		m.push(fn)
	}
}

// shut posts the last function: from now on post drops what it is given, so that the queue comes to an end.
func (m *mailbox) shut(fn func()) {
	m.push(fn)
	m.closing.Store(true)
}

func (m *mailbox) push(fn func()) {
	task := queue.GetTask()
	task.Param = fn
	m.queue.Enqueue(task)
	if m.wake.CompareAndSwap(asleep, woken) {
		one := uint64(1)
		unix.RawSyscall(unix.SYS_WRITE, uintptr(m.efd), uintptr(unsafe.Pointer(&one)), 8)
	}
}

// opened is called by the loop when the eventfd's event came: from now on a poster wakes it again.
func (m *mailbox) opened() { m.wake.Store(asleep) }

// take returns the oldest posted function, nil if there is none. Loop only.
func (m *mailbox) take() func() {
	task := m.queue.Dequeue()
	if task == nil {
		return nil
	}
	fn := task.Param.(func())
	queue.PutTask(task)
	return fn
}

// retire makes sure that no poster will touch the eventfd any more, so that its number can be reused. It fails while a
// poster may be on its way to write: the event of that write will come, and then it is called again.
func (m *mailbox) retire() bool { return m.wake.CompareAndSwap(asleep, retired) }
