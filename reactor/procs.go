package reactor

import "runtime"

// RecommendedProcs returns the GOMAXPROCS to run a process with that has this many loops: one for each core, and one more
// for each loop.
//
// A loop that blocks in epoll_wait gives its P away. When it wakes and finds no idle P, its goroutine is queued, and since it is
// locked to its thread, another thread must first take it and hand its P over: two thread switches for one wake-up. A P
// costs little while it is idle, so there are enough for all loops to return while goroutines run on every core.
//
// Measured by bench/wait on 2 cores (bench/results/wait.txt; CPU microseconds a request, medians of 7 rounds; pinned and not):
//
//	loops  GOMAXPROCS = cores  cores + loops  cores + 2 x loops
//	1      21.1   20.9         21.4   22.4    21.8   21.4
//	2      24.8   23.9         20.4   18.9    20.1   18.5
//	4      27.1   23.6         23.8   20.6    24.7   19.6
//
// More than cores + loops gains nothing that can be told from noise, and would let the garbage collector take more threads:
// it uses a quarter of GOMAXPROCS.
func RecommendedProcs(loops int) int { return runtime.NumCPU() + loops }
