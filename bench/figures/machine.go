package figures

import (
	"bufio"
	"bytes"
	"os"
	"runtime"
	"strings"
)

// Machine is where a measurement was made.
type Machine struct {
	CPU    string
	Cores  int
	Kernel string
	Load   string // 1, 5 and 15 minutes, before the first run: 0 on a machine that has nothing else to do
}

// ReadMachine asks the kernel.
func ReadMachine() (Machine, error) {
	cpus, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return Machine{}, err
	}
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return Machine{}, err
	}
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return Machine{}, err
	}
	return Machine{
		CPU:    cpuModel(cpus),
		Cores:  runtime.NumCPU(),
		Kernel: strings.TrimSpace(string(kernel)),
		Load:   strings.Join(strings.Fields(string(load))[:3], " "),
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
