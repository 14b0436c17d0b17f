package transport

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"

	gsocket "github.com/panjf2000/gnet/v2/pkg/socket"
	"golang.org/x/sys/unix"
)

// reuseAddr, keepAlive and noDelay are options in the shape that gnet's socket package takes. Accepted sockets inherit
// SO_KEEPALIVE and TCP_NODELAY from the listener, which saves two system calls per connection.
var (
	reuseAddr = gsocket.Option[int]{SetSockOpt: gsocket.SetReuseAddr, Opt: 1}
	reusePort = gsocket.Option[int]{SetSockOpt: gsocket.SetReuseport, Opt: 1}
	noDelay   = gsocket.Option[int]{SetSockOpt: gsocket.SetNoDelay, Opt: 1}
	keepAlive = gsocket.Option[int]{SetSockOpt: setKeepAlive, Opt: 1}
)

func setKeepAlive(fd, on int) error {
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, on))
}

// ListenTCP opens count listening sockets that share one port with SO_REUSEPORT: the kernel spreads connections over
// them. addr is "host:port"; an empty host means all addresses, port 0 one that is free. Returns the real address.
//
// SO_REUSEPORT alone would let a second process of the same user listen on a port in use and take a part of its
// connections, without an error. So the port is first tried without it.
func ListenTCP(addr string, count int) ([]Socket, net.Addr, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, nil, err
	}
	probe, _, err := gsocket.TCPSocket("tcp", addr, true, []gsocket.Option[int]{reuseAddr}, nil)
	if err != nil {
		return nil, nil, err
	}
	unix.Close(probe)

	var socks []Socket
	var local *net.TCPAddr
	for len(socks) < count {
		fd, _, err := gsocket.TCPSocket("tcp", addr, true,
			[]gsocket.Option[int]{reuseAddr, reusePort, noDelay, keepAlive}, nil)
		if err == nil {
			socks = append(socks, Socket(fd))
			if local == nil {
				local, err = localTCPAddr(fd)
			}
		}
		if err != nil {
			for _, s := range socks {
				s.Close()
			}
			return nil, nil, err
		}
		addr = net.JoinHostPort(host, strconv.Itoa(local.Port))
	}
	return socks, local, nil
}

func localTCPAddr(fd int) (*net.TCPAddr, error) {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return nil, os.NewSyscallError("getsockname", err)
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return &net.TCPAddr{IP: sa.Addr[:], Port: sa.Port}, nil
	case *unix.SockaddrInet6:
		return &net.TCPAddr{IP: sa.Addr[:], Port: sa.Port}, nil
	}
	return nil, fmt.Errorf("socket has a local address of type %T", sa)
}

// ListenUnix opens a listening unix socket at path. A socket file that a dead process left there is removed first; one
// that somebody answers on is an error, and so is any other kind of file. Errors do not name path: the caller's do. The caller removes the file when it stops.
func ListenUnix(path string) (Socket, net.Addr, error) {
	if err := removeStale(path); err != nil {
		return NoSocket, nil, err
	}
	fd, addr, err := gsocket.UnixSocket("unix", path, true, nil, nil)
	if err != nil {
		return NoSocket, nil, err
	}
	// Everybody may connect, as with mysqld's socket: who may do what is decided above.
	if err := os.Chmod(path, 0o777); err != nil {
		unix.Close(fd)
		os.Remove(path)
		return NoSocket, nil, err
	}
	return Socket(fd), addr, nil
}

// removeStale removes the socket file at path if nobody listens on it. No file: nothing to do.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSocket == 0 {
		return errors.New("a file is there that is not a socket")
	}
	a, err := ParseAddr(path, 0)
	if err != nil {
		return err
	}
	s, err := Connect(a)
	switch {
	case err == nil:
		s.Close()
		return fmt.Errorf("somebody listens there: %w", unix.EADDRINUSE)
	case errors.Is(err, unix.ECONNREFUSED):
		return os.Remove(path)
	case errors.Is(err, unix.EAGAIN):
		return fmt.Errorf("somebody listens there (the queue is full): %w", unix.EADDRINUSE)
	}
	return fmt.Errorf("the socket that is there can't be tried: %w", err)
}
