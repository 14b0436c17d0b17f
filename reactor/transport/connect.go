package transport

import (
	"os"

	"golang.org/x/sys/unix"
)

// Connect starts a connection and returns its socket without waiting for the outcome: when the socket becomes writable,
// Err tells how it ended. TCP sockets get TCP_NODELAY and SO_KEEPALIVE. On an error there is no socket to close.
func Connect(a Addr) (Socket, error) {
	family, sa := a.sockaddr()
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return NoSocket, os.NewSyscallError("socket", err)
	}
	if !a.IsUnix() {
		if err := setStreamOptions(fd); err != nil {
			unix.Close(fd)
			return NoSocket, err
		}
	}
	// EINTR: the connect goes on in the background, as with EINPROGRESS (connect(2)).
	if err := unix.Connect(fd, sa); err != nil && err != unix.EINPROGRESS && err != unix.EINTR {
		unix.Close(fd)
		return NoSocket, os.NewSyscallError("connect", err)
	}
	return Socket(fd), nil
}

// setStreamOptions sets what every TCP connection has here: no Nagle delay, and keep-alive probes, so that a peer that
// vanished is noticed at last.
func setStreamOptions(fd int) error {
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return os.NewSyscallError("setsockopt TCP_NODELAY", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1); err != nil {
		return os.NewSyscallError("setsockopt SO_KEEPALIVE", err)
	}
	return nil
}
