// Package transport carries bytes over non-blocking stream sockets and makes those sockets: it listens, accepts and
// connects, for TCP and unix sockets. It knows nothing of event loops; whoever calls it waits for readiness elsewhere.
//
// Reads and writes go to the kernel without telling Go's scheduler. On a non-blocking socket they return within
// microseconds, and the bookkeeping of an ordinary system call costs more than it can win there.
package transport

import (
	"io"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ErrAgain is what Read, Write and Writev return when the socket isn't ready: wait for it and call again.
const ErrAgain = unix.EAGAIN

// maxIOV is the most buffers that one Writev hands to the kernel; what exceeds it counts as not taken.
const maxIOV = 16

// Socket is a non-blocking stream socket: plain bytes. It is the descriptor and nothing else, so that it may be copied;
// whoever closes it makes sure that no copy is used again.
//
// A reactor connection touches its socket only through Read, Write, Writev and CloseWrite; TLS is another type with these
// methods over the same descriptor.
type Socket int

// NoSocket stands for a socket that does not exist (a dial that failed before it had one).
const NoSocket Socket = -1

// FD returns the descriptor.
func (s Socket) FD() int { return int(s) }

// Read fills p with what has arrived and returns how much. io.EOF: the peer ended its direction. ErrAgain: nothing there.
// Any other error is the kernel's (unix.Errno). p must not be empty.
func (s Socket) Read(p []byte) (int, error) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(s),
			uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), 0, 0, 0)
		switch {
		case errno == unix.EINTR:
		case errno != 0:
			return 0, errno
		case n == 0:
			return 0, io.EOF
		default:
			return int(n), nil
		}
	}
}

// Write hands p to the kernel and returns how much of it was taken, possibly less than all. ErrAgain: nothing was.
// A peer that is gone gives EPIPE and no signal.
func (s Socket) Write(p []byte) (int, error) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s),
			uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// Writev is Write for several buffers in one system call. It looks at the first 16 that are not empty.
func (s Socket) Writev(bufs [][]byte) (int, error) {
	var iov [maxIOV]unix.Iovec
	count := 0
	for _, b := range bufs {
		if len(b) == 0 {
			continue
		}
		if count == maxIOV {
			break
		}
		iov[count].Base = unsafe.SliceData(b)
		iov[count].SetLen(len(b))
		count++
	}
	if count == 0 {
		return 0, nil
	}
	msg := unix.Msghdr{Iov: &iov[0]}
	msg.SetIovlen(count)
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_SENDMSG, uintptr(s), uintptr(unsafe.Pointer(&msg)), unix.MSG_NOSIGNAL)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// CloseWrite tells the peer that nothing more will come; reading goes on.
func (s Socket) CloseWrite() error {
	return unix.Shutdown(int(s), unix.SHUT_WR)
}

// Err returns and clears the error that the kernel holds for the socket (SO_ERROR): how a connect ended, or why epoll
// reported EPOLLERR. nil: none.
func (s Socket) Err() error {
	v, err := unix.GetsockoptInt(int(s), unix.SOL_SOCKET, unix.SO_ERROR)
	switch {
	case err != nil:
		return err
	case v != 0:
		return unix.Errno(v)
	}
	return nil
}

// Close gives the descriptor back. It never waits: SO_LINGER is never set on these sockets.
func (s Socket) Close() error {
	return unix.Close(int(s))
}
