package process

import (
	"testing"
	"time"
)

// The process's clock goes on while it computes, as fast as /proc/PID/stat says, and is gone with it.
func TestCPU(t *testing.T) {
	p := start(t, "sh", "-c", "while :; do :; done")
	var cpu time.Duration
	var err error
	for cpu < 50*time.Millisecond && err == nil {
		cpu, err = p.CPU()
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Freeze(t.Context()); err != nil {
		t.Fatal(err)
	}
	cpu, err = p.CPU()
	stat, statErr := p.Stat()
	if off := cpu - stat.CPU; err != nil || statErr != nil || off < 0 || off >= 2*clockTick {
		t.Errorf("%v, %v, but by /proc %v, %v", cpu, err, stat.CPU, statErr)
	}
	p.Kill()
	if cpu, err := p.CPU(); err == nil {
		t.Errorf("%v of one that ended", cpu)
	}
}

// This kernel has a clock for CPU time, or goes by ticks.
func TestCPUStep(t *testing.T) {
	step, err := CPUStep()
	if err != nil || step <= 0 || step > clockTick {
		t.Errorf("%v, %v", step, err)
	}
}
