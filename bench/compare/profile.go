package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"parkway/bench/sysbench"
)

// profilePath names the file for the profile of a run.
func profilePath(dir string, r run) string {
	return filepath.Join(dir, fmt.Sprintf("%s-%s-%s-round%d.pprof", r.target, r.workload, r.protocol(), r.round))
}

// saveProfile asks the process behind base (http://host:port) for a CPU profile of the next seconds and writes it to
// path. It returns when the profile is there.
func saveProfile(ctx context.Context, base string, seconds int, path string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(seconds)*time.Second+sysbench.HangLimit)
	defer cancel()
	url := fmt.Sprintf("%s/debug/pprof/profile?seconds=%d", base, seconds)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("CPU profile: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("CPU profile: %s answers %s", url, response.Status)
	}
	profile, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("CPU profile: %s: %w", url, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, profile, 0o644)
}
