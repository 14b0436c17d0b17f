package main

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"
)

// version is one line of the report.
type version struct {
	name, text string
}

// requireTools says which of the programs that the options need cannot be run.
func requireTools(opts options) error {
	programs := []string{"sysbench"}
	if slices.Contains(opts.targets, haproxy) {
		programs = append(programs, "haproxy")
	}
	for _, path := range []string{opts.parkway, opts.parkwayOld} {
		if path == "" {
			continue
		}
		if _, err := exec.LookPath(path); err != nil {
			return err
		}
	}
	var missing []string
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, program)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("not installed: %[1]s (apt-get install %[1]s)", strings.Join(missing, " "))
	}
	return nil
}

// versions asks the programs that take part. A program that does not say is named as unknown.
func (s *stage) versions(ctx context.Context) []version {
	versions := []version{{"server", s.server.version}}
	if slices.Contains(s.options.targets, haproxy) {
		versions = append(versions, version{"HAProxy", firstLine(ctx, "haproxy", "-v")})
	}
	versions = append(versions, version{"sysbench", firstLine(ctx, "sysbench", "--version")})
	if s.options.runsParkway() {
		versions = append(versions, version{parkway, s.programs.parkway.Describe(ctx)})
	}
	if slices.Contains(s.options.targets, parkwayOld) {
		versions = append(versions, version{parkwayOld, s.programs.old.Describe(ctx)})
	}
	return append(versions, version{"go", runtime.Version()})
}

func firstLine(ctx context.Context, program string, args ...string) string {
	out, err := exec.CommandContext(ctx, program, args...).Output()
	line, _, _ := strings.Cut(string(out), "\n")
	if err != nil || line == "" {
		return "unknown"
	}
	return strings.TrimSpace(line)
}
