package transport

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Silent reports whether the peer has neither said anything that was not read
// yet nor ended the connection: what is sent now crosses nothing.
func (s Socket) Silent() bool {
	var b [1]byte
	for {
		_, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(s),
			uintptr(unsafe.Pointer(&b[0])), 1, unix.MSG_PEEK|unix.MSG_DONTWAIT, 0, 0)
		if errno != unix.EINTR {
			return errno == unix.EAGAIN
		}
	}
}
