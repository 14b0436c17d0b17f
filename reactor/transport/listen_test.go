package transport

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func closeAll(t *testing.T, socks []Socket) {
	t.Cleanup(func() {
		for _, s := range socks {
			s.Close()
		}
	})
}

func TestListenTCP(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "", "[::1]"} {
		t.Run(host, func(t *testing.T) {
			socks, addr, err := ListenTCP(host+":0", 3)
			if err != nil {
				if host == "[::1]" {
					t.Skip("no IPv6 here:", err)
				}
				t.Fatal(err)
			}
			closeAll(t, socks)
			if len(socks) != 3 {
				t.Errorf("%d sockets", len(socks))
			}
			port := addr.(*net.TCPAddr).Port
			for _, s := range socks {
				a, err := localTCPAddr(s.FD())
				if err != nil || a.Port != port {
					t.Errorf("%v, %v; want port %d", a, err, port)
				}
			}
			if _, _, err := ListenTCP(addr.String(), 1); !errors.Is(err, unix.EADDRINUSE) {
				t.Errorf("a port in use: %v", err)
			}
		})
	}
}

func TestListenTCPErrors(t *testing.T) {
	for _, addr := range []string{"", "nonsense", "127.0.0.1:http:1", "127.0.0.1:99999", "256.0.0.1:0"} {
		if socks, _, err := ListenTCP(addr, 1); err == nil {
			closeAll(t, socks)
			t.Errorf("%q: no error", addr)
		}
	}
}

// accepted makes one connection to a listener and accepts it.
func accepted(t *testing.T) (client net.Conn, server Socket) {
	t.Helper()
	socks, addr, err := ListenTCP("127.0.0.1:0", 1)
	if err != nil {
		t.Fatal(err)
	}
	closeAll(t, socks)
	if _, _, err := socks[0].Accept(); err != ErrAgain {
		t.Errorf("nobody there: %v", err)
	}
	client, err = net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	server, remote, err := socks[0].Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	if want := client.LocalAddr().String(); remote.String() != want || server.Remote().String() != want {
		t.Errorf("remote %v and %v, want %s", remote, server.Remote(), want)
	}
	return client, server
}

func TestAcceptedSocketsInherit(t *testing.T) {
	_, s := accepted(t)
	checkStreamOptions(t, s)
	if flags, err := unix.FcntlInt(uintptr(s), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK == 0 {
		t.Errorf("not non-blocking: %x, %v", flags, err)
	}
}

func checkStreamOptions(t *testing.T, s Socket) {
	t.Helper()
	if v, err := unix.GetsockoptInt(s.FD(), unix.IPPROTO_TCP, unix.TCP_NODELAY); v != 1 || err != nil {
		t.Errorf("TCP_NODELAY is %d, %v", v, err)
	}
	if v, err := unix.GetsockoptInt(s.FD(), unix.SOL_SOCKET, unix.SO_KEEPALIVE); v != 1 || err != nil {
		t.Errorf("SO_KEEPALIVE is %d, %v", v, err)
	}
}

func TestConnect(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	a := AddrOf(ln.Addr().(*net.TCPAddr).AddrPort())
	s, err := Connect(a)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	checkStreamOptions(t, s)
	c, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := s.Err(); err != nil {
		t.Error(err)
	}
	if s.Remote() != a.AddrPort() {
		t.Errorf("remote %v, want %v", s.Remote(), a)
	}
}

func TestConnectUnixErrors(t *testing.T) {
	missing, err := ParseAddr(filepath.Join(t.TempDir(), "none"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := Connect(missing); !errors.Is(err, unix.ENOENT) || s != NoSocket {
		t.Errorf("%v, %v", s, err)
	}
}

func TestListenUnix(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s")
	first, _, err := ListenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ListenUnix(path); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("somebody listens: %v", err)
	}
	first.Close() // As if its process died: the file stays.
	if _, err := os.Lstat(path); err != nil {
		t.Fatal(err)
	}
	second, addr, err := ListenUnix(path)
	if err != nil {
		t.Fatalf("stale file: %v", err)
	}
	defer second.Close()
	if addr.String() != path {
		t.Errorf("address %v", addr)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode().Perm() != 0o777 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestListenUnixLeavesOtherFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(path, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ListenUnix(path); err == nil || !strings.Contains(err.Error(), "not a socket") {
		t.Errorf("error %v", err)
	}
	if data, err := os.ReadFile(path); string(data) != "data" {
		t.Errorf("file is now %q, %v", data, err)
	}
}
