package servers

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"parkway/bench/servers/process"
)

// template returns the path of an initialised data directory with all accounts,
// to be copied for each server. It is made once for each version of the server
// program and of the statements, and kept in the cache directory; other
// processes that want the same wait meanwhile.
func (e engine) template(ctx context.Context, in installation, owner *user.User) (string, error) {
	version, err := in.version(ctx)
	if err != nil {
		return "", err
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("data-%s-%s-%.4x", e.flavor, strings.ReplaceAll(version, "/", "_"), sha256.Sum256([]byte(e.initSQL)))
	final := filepath.Join(cache, name)
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	if err := reachable(cache, owner); err != nil {
		return "", err
	}
	unlock, err := lock(final + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(final); !errors.Is(err, os.ErrNotExist) {
		return final, err
	}
	fresh := final + ".new"
	if err := e.makeTemplate(ctx, in, owner, fresh); err != nil {
		return "", fmt.Errorf("initialise a data directory for %s %s: %w", e.flavor, version, err)
	}
	// It is whole now, and only now has its name.
	if err := os.Rename(filepath.Join(fresh, "data"), final); err != nil {
		return "", err
	}
	return final, os.RemoveAll(fresh)
}

// makeTemplate makes dir/data, replacing what an interrupted attempt left.
func (e engine) makeTemplate(ctx context.Context, in installation, owner *user.User, dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	if err := os.MkdirAll(data, 0o755); err != nil {
		return err
	}
	initSQL := filepath.Join(dir, "init.sql")
	if err := os.WriteFile(initSQL, []byte(e.initSQL), 0o644); err != nil {
		return err
	}
	for _, path := range []string{dir, data} {
		if err := giveTo(path, owner); err != nil {
			return err
		}
	}
	if err := run(ctx, e.initialise(in, data, initSQL), owner, filepath.Join(dir, "log")); err != nil {
		return err
	}
	// MySQL's server UUID: each server makes its own.
	if err := os.Remove(filepath.Join(data, "auto.cnf")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// giveTo makes owner (nil: nothing to do) the owner of the file.
func giveTo(path string, owner *user.User) error {
	if owner == nil {
		return nil
	}
	uid, err := strconv.Atoi(owner.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(owner.Gid)
	if err != nil {
		return err
	}
	return os.Chown(path, uid, gid)
}

// run runs a command of the servers' user to its end, its output in the file
// logPath. The error quotes the end of that.
func run(ctx context.Context, cmd *exec.Cmd, owner *user.User, logPath string) error {
	p, err := launch(cmd, owner, logPath)
	if err != nil {
		return err
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		p.Kill()
		return ctx.Err()
	}
	if p.ExitCode() != 0 {
		return fmt.Errorf("%s: %s:\n%s", filepath.Base(cmd.Path), p.Exit(), tail(logPath))
	}
	return nil
}

// launch starts a command as the servers' user, in /, its output in the file
// logPath.
func launch(cmd *exec.Cmd, owner *user.User, logPath string) (*process.Process, error) {
	out, err := os.Create(logPath)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	if owner != nil {
		if err := process.As(cmd, owner); err != nil {
			return nil, err
		}
	}
	cmd.Dir, cmd.Stdout, cmd.Stderr = "/", out, out
	return process.Start(cmd)
}
