package reactor

import "runtime"

// RecommendedProcs returns the GOMAXPROCS to run this many loops with.
func RecommendedProcs(loops int) int { return runtime.NumCPU() + 2*loops }
