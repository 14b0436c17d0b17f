package reactor

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// notPinned is the core of a loop that runs anywhere.
const notPinned = -1

// maxCores is what a CPU mask holds.
const maxCores = len(unix.CPUSet{}) * 64

// UsableCores returns the numbers of the cores that this process may run on, ascending: what taskset and cgroup cpusets
// left of the machine.
func UsableCores() []int {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		// Only a machine with more cores than the mask holds fails here; count as the runtime does.
		cores := make([]int, runtime.NumCPU())
		for i := range cores {
			cores[i] = i
		}
		return cores
	}
	var cores []int
	for core := range maxCores {
		if set.IsSet(core) {
			cores = append(cores, core)
		}
	}
	return cores
}

// pin binds the calling thread to the loop's core. Go never clones a new thread from a locked one, so that the affinity
// stays with this thread.
func (l *Loop) pin() {
	if l.core == notPinned {
		return
	}
	var set unix.CPUSet
	set.Set(l.core)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		l.log.Warn().Err(err).Int("core", l.core).Msg("event loop is not pinned")
	}
}
