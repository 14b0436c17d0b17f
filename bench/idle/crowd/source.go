package crowd

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// PerSource is how many clients come from one source address: fewer than Linux has ports for outgoing connections by default
// (ip_local_port_range, 28,232), so that some may still be taken.
const PerSource = 25_000

// sourceAddress is an address of the loopback: number 0 is 127.0.0.2.
func sourceAddress(number int) [4]byte {
	n := number + 2
	return [4]byte{127, byte(n >> 16), byte(n >> 8), byte(n)}
}

// connect begins to connect client i of the crowd and puts it on the epoll. The first that it hears, of success or failure,
// makes its socket readable.
func (c *Crowd) connect(i int) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("socket: %w", err)
	}
	if err := c.direct(fd, i); err != nil {
		return -1, errors.Join(err, unix.Close(fd))
	}
	return fd, nil
}

func (c *Crowd) direct(fd, i int) error {
	// The port is chosen when the target is known, so that it only has to be free towards that.
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
		return fmt.Errorf("IP_BIND_ADDRESS_NO_PORT: %w", err)
	}
	from := sourceAddress(c.config.Source + i/PerSource)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: from}); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	to := unix.SockaddrInet4{Addr: c.config.Target.Addr().As4(), Port: int(c.config.Target.Port())}
	if err := unix.Connect(fd, &to); err != nil && err != unix.EINPROGRESS {
		return fmt.Errorf("connect: %w", err)
	}
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP, Fd: int32(i)}
	if err := unix.EpollCtl(c.poller, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	return nil
}
