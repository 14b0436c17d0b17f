package main

import (
	"context"
	"debug/buildinfo"
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
	for _, target := range []struct{ name, path, hint string }{
		{parkway, opts.parkway, "build it, or name it with -parkway"},
		{parkwayOld, opts.parkwayOld, "see -parkway-old"},
	} {
		if !slices.Contains(opts.targets, target.name) {
			continue
		}
		if _, err := exec.LookPath(target.path); err != nil {
			return fmt.Errorf("%s: %w: %s", target.name, err, target.hint)
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
func readVersions(ctx context.Context, opts options, server string) []version {
	versions := []version{{"server", server}}
	if slices.Contains(opts.targets, haproxy) {
		versions = append(versions, version{"HAProxy", firstLine(ctx, "haproxy", "-v")})
	}
	versions = append(versions, version{"sysbench", firstLine(ctx, "sysbench", "--version")})
	for _, target := range []version{{parkway, opts.parkway}, {parkwayOld, opts.parkwayOld}} {
		if slices.Contains(opts.targets, target.name) {
			versions = append(versions, version{target.name, describeBuild(target.text)})
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
func describeBuild(path string) string {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	text := path + ", " + info.GoVersion
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
