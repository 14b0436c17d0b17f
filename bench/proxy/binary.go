package proxy

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"sync"

	"parkway/bench/servers/scratch"
)

// command is the package of the program.
const command = "parkway/cmd/parkway"

// BuildOptions say how to build parkway.
type BuildOptions struct {
	Race bool   // with the race detector
	Tags string // build tags, separated by commas: "loopcheck"
}

// AsThis are the options this program itself was built with: a test binary
// under -race gets a proxy under -race.
func AsThis() BuildOptions {
	var o BuildOptions
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return o
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "-race":
			o.Race = s.Value == "true"
		case "-tags":
			o.Tags = s.Value
		}
	}
	return o
}

// Binary is the parkway program, built from this module when it is first
// needed. Tests keep one in a variable and close it in TestMain:
//
//	var parkway = proxy.NewBinary(proxy.AsThis())
//
//	func TestMain(m *testing.M) {
//		code := m.Run()
//		parkway.Close()
//		os.Exit(code)
//	}
//
// Its methods may be called from any goroutine.
type Binary struct {
	options BuildOptions // immutable

	once sync.Once
	dir  *scratch.Dir // nil for a program that was given
	path string
	err  error
}

// NewBinary builds nothing yet.
func NewBinary(o BuildOptions) *Binary { return &Binary{options: o} }

// Existing is a program that has been built already.
func Existing(path string) *Binary {
	b := &Binary{path: path}
	b.once.Do(func() {})
	return b
}

// Path is the program's path. The first call builds it, whatever then becomes
// of its ctx; the current directory must be within the module.
func (b *Binary) Path(ctx context.Context) (string, error) {
	b.once.Do(func() { b.err = b.build(context.WithoutCancel(ctx)) })
	return b.path, b.err
}

func (b *Binary) build(ctx context.Context) error {
	var err error
	if b.dir, err = scratch.Open("parkway-build-"); err != nil {
		return err
	}
	b.path = filepath.Join(b.dir.Path, "parkway")
	args := []string{"build", "-buildvcs=false", "-o", b.path}
	if b.options.Race {
		args = append(args, "-race")
	}
	if b.options.Tags != "" {
		args = append(args, "-tags", b.options.Tags)
	}
	out, err := exec.CommandContext(ctx, "go", append(args, command)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build %s: %w\n%s", command, err, out)
	}
	return nil
}

// Describe says from which commit and by which Go the program was built, "unknown" if it does not tell.
func (b *Binary) Describe(ctx context.Context) string {
	path, err := b.Path(ctx)
	if err != nil {
		return "unknown"
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	text := "built with " + info.GoVersion
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			text += ", commit " + setting.Value[:min(12, len(setting.Value))]
		case setting.Key == "vcs.modified" && setting.Value == "true":
			text += " with changes"
		}
	}
	return text
}

// Close removes the program if it was built. No proxy may be started
// afterwards.
func (b *Binary) Close() error {
	if b.dir == nil {
		return nil
	}
	return b.dir.Close()
}
