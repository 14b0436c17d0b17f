package transport

import (
	"testing"

	"golang.org/x/sys/unix"
)

// A peer is silent until it says something or leaves; looking takes nothing away.
func TestSilent(t *testing.T) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	near, far := Socket(fds[0]), Socket(fds[1])
	defer unix.Close(near.FD())
	want := func(silent bool, when string) {
		t.Helper()
		if got := near.Silent(); got != silent {
			t.Errorf("silent %v %s", got, when)
		}
	}
	want(true, "at first")
	if _, err := far.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	want(false, "after a byte")
	want(false, "after a look")
	var b [8]byte
	if n, err := near.Read(b[:]); n != 1 || err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
	want(true, "when all is read")
	unix.Close(far.FD())
	want(false, "after the end")
	if NoSocket.Silent() {
		t.Error("no socket is silent")
	}
}
