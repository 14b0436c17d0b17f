package main

import (
	"bufio"
	"bytes"
	"os"
	"runtime"
	"strings"
)

// machine is where the measurement was made.
type machine struct {
	cpu    string
	cores  int
	kernel string
	load   string // 1, 5 and 15 minutes, before the first run: 0 on a machine that has nothing else to do
}

func readMachine() (machine, error) {
	cpus, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return machine{}, err
	}
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return machine{}, err
	}
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return machine{}, err
	}
	return machine{
		cpu:    cpuModel(cpus),
		cores:  runtime.NumCPU(),
		kernel: strings.TrimSpace(string(kernel)),
		load:   strings.Join(strings.Fields(string(load))[:3], " "),
	}, nil
}

// cpuModel finds the name of the first processor in the text of /proc/cpuinfo; not every architecture gives one.
func cpuModel(cpuinfo []byte) string {
	lines := bufio.NewScanner(bytes.NewReader(cpuinfo))
	for lines.Scan() {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
