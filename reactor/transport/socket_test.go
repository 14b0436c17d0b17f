package transport

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"golang.org/x/sys/unix"
)

// pair returns two connected sockets, which the test's end closes.
func pair(t *testing.T) (Socket, Socket) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		unix.Close(fds[0])
		unix.Close(fds[1])
	})
	return Socket(fds[0]), Socket(fds[1])
}

func TestReadWrite(t *testing.T) {
	a, b := pair(t)
	buf := make([]byte, 10)
	if n, err := b.Read(buf); n != 0 || err != ErrAgain {
		t.Errorf("nothing there: read %d, %v", n, err)
	}
	if n, err := a.Write([]byte("hello")); n != 5 || err != nil {
		t.Errorf("wrote %d, %v", n, err)
	}
	if n, err := b.Read(buf); string(buf[:n]) != "hello" || err != nil {
		t.Errorf("read %q, %v", buf[:n], err)
	}
	if err := a.CloseWrite(); err != nil {
		t.Error(err)
	}
	if n, err := b.Read(buf); n != 0 || err != io.EOF {
		t.Errorf("at the end: read %d, %v", n, err)
	}
	if n, err := a.Write([]byte("x")); n != 0 || err != unix.EPIPE {
		t.Errorf("after CloseWrite: wrote %d, %v", n, err)
	}
	if n, err := a.Writev([][]byte{{'x'}}); n != 0 || err != unix.EPIPE {
		t.Errorf("after CloseWrite: wrote %d, %v", n, err)
	}
}

func TestWriteTakesWhatFits(t *testing.T) {
	a, b := pair(t)
	sent := 0
	for {
		n, err := a.Write(make([]byte, 100_000))
		sent += n
		if err == ErrAgain {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if n, err := a.Writev([][]byte{{'x'}}); n != 0 || err != ErrAgain {
		t.Errorf("full: Writev took %d, %v", n, err)
	}
	got := 0
	for got < sent {
		n, err := b.Read(make([]byte, 100_000))
		if err != nil {
			t.Fatal(err)
		}
		got += n
	}
	if _, err := b.Read(make([]byte, 1)); err != ErrAgain {
		t.Errorf("more arrived than was sent: %v", err)
	}
}

func TestWritev(t *testing.T) {
	many := make([][]byte, 20)
	for i := range many {
		many[i] = []byte{byte('a' + i)}
	}
	for _, tc := range []struct {
		name string
		bufs [][]byte
		want string
	}{
		{"none", nil, ""},
		{"only empty", [][]byte{{}, nil}, ""},
		{"one", [][]byte{[]byte("one")}, "one"},
		{"empty between", [][]byte{[]byte("a"), nil, []byte("b"), {}}, "ab"},
		{"more than one call takes", many, "abcdefghijklmnop"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, b := pair(t)
			n, err := a.Writev(tc.bufs)
			if n != len(tc.want) || err != nil {
				t.Fatalf("took %d, %v", n, err)
			}
			buf := make([]byte, 100)
			n, _ = b.Read(buf)
			if !bytes.Equal(buf[:n], []byte(tc.want)) {
				t.Errorf("got %q", buf[:n])
			}
		})
	}
}

func TestErr(t *testing.T) {
	a, _ := pair(t)
	if err := a.Err(); err != nil {
		t.Errorf("healthy socket: %v", err)
	}
	if err := NoSocket.Err(); !errors.Is(err, unix.EBADF) {
		t.Errorf("no socket: %v", err)
	}
}

func TestNoAllocation(t *testing.T) {
	a, b := pair(t)
	buf, head, body := make([]byte, 100), []byte("head"), []byte("body")
	allocs := testing.AllocsPerRun(100, func() {
		a.Write(head)
		b.Read(buf)
		a.Writev([][]byte{head, body})
		b.Read(buf)
		b.Read(buf) // ErrAgain
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
