package figures

import (
	"runtime"
	"testing"
)

func TestCPUModel(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"x86":     {"processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n\nprocessor\t: 1\nmodel name\t: Other\n", "Some CPU @ 2 GHz"},
		"no name": {"processor\t: 0\nBogoMIPS\t: 50.00\n", runtime.GOARCH},
	} {
		t.Run(name, func(t *testing.T) {
			if got := cpuModel([]byte(test.text)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestReadMachine(t *testing.T) {
	m, err := ReadMachine()
	if err != nil {
		t.Fatal(err)
	}
	if m.Cores < 1 || m.Kernel == "" || m.Load == "" {
		t.Errorf("incomplete: %+v", m)
	}
}
