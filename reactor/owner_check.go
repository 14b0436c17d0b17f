//go:build loopcheck

package reactor

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// CheckOwner panics when it is called on another thread than the loop's, once the loop runs. Only under the build tag
// loopcheck; otherwise it does nothing.
func (l *Loop) CheckOwner() {
	if tid := l.tid.Load(); tid != 0 && int(tid) != unix.Gettid() {
		panic(fmt.Sprintf("loop %d is used from a thread that does not own it", l.index))
	}
}

// CheckOutside panics when it is called on the thread of one of the group's loops. Only under the build tag loopcheck; otherwise it does
// nothing.
func (g *Group) CheckOutside() {
	for _, l := range g.Loops() {
		if tid := l.tid.Load(); tid != 0 && int(tid) == unix.Gettid() {
			panic(fmt.Sprintf("on the thread of loop %d", l.index))
		}
	}
}

// broken reports a broken invariant of this package.
func (l *Loop) broken(what string) { panic(what) }
