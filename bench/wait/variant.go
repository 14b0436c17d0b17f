package main

import (
	"fmt"
	"runtime"
	"strings"
)

// Ways to wait.
const (
	waitGnet      = "gnet poller"             // gnet's netpoll.Poller as it comes: Gosched each time it runs dry.
	waitZeroFirst = "own, 0 then block"       // epoll_wait with timeout 0, unseen by the scheduler; if dry, a blocking one.
	waitYield     = "own, 0, yield, 0, block" // Gives the core away once before it blocks.
	waitBlock     = "own, block only"         // Only the blocking one.
	waitHAProxy   = "HAProxy"                 // In TCP mode with as many threads: the measure of what a proxy costs.
	waitReactor   = "package reactor"         // What the proxy runs on, with all that a connection has there.
)

// Ways to run the loop's goroutine.
const (
	threadFree   = "free"
	threadLocked = "locked"
	threadPinned = "pinned" // And locked.
)

// variant is one way to run the forwarder.
type variant struct {
	Wait   string
	Thread string
	Procs  int // GOMAXPROCS.
	Loops  int
}

func (v variant) name() string { return fmt.Sprintf("%s, %s", v.Wait, v.Thread) }

// variants lists what is compared for this many loops.
func variants(loops int, only string) []variant {
	cores := runtime.NumCPU()
	procs := []int{cores, cores + loops, cores + 2*loops}
	ways := []struct{ wait, thread string }{
		{waitGnet, threadLocked},
		{waitGnet, threadFree},
		{waitZeroFirst, threadFree},
		{waitZeroFirst, threadLocked},
		{waitZeroFirst, threadPinned},
		{waitYield, threadPinned},
		{waitYield, threadLocked},
		{waitBlock, threadPinned},
		{waitReactor, threadPinned},
		{waitReactor, threadLocked},
	}
	var list []variant
	for _, way := range ways {
		for _, p := range procs {
			v := variant{Wait: way.wait, Thread: way.thread, Procs: p, Loops: loops}
			if strings.Contains(v.name(), only) {
				list = append(list, v)
			}
		}
	}
	if v := (variant{Wait: waitHAProxy, Thread: threadFree, Loops: loops}); haproxyPath() != "" && strings.Contains(v.name(), only) {
		list = append(list, v)
	}
	return list
}
