package main

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"parkway/bench/proxy"
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

// readVersions asks the programs that take part. A program that does not say is named as unknown.
func readVersions(ctx context.Context, programs binaries, opts options, server string) []version {
	versions := []version{{"server", server}}
	if slices.Contains(opts.targets, haproxy) {
		versions = append(versions, version{"HAProxy", firstLine(ctx, "haproxy", "-v")})
	}
	versions = append(versions, version{"sysbench", firstLine(ctx, "sysbench", "--version")})
	for _, name := range opts.targets {
		if program := programs[name]; program != nil {
			versions = append(versions, version{name, describeBuild(ctx, program)})
		}
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

// describeBuild says from which commit and by which Go a binary was built.
func describeBuild(ctx context.Context, program *proxy.Binary) string {
	path, err := program.Path(ctx)
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
