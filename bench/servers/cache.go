package servers

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"syscall"

	"parkway/bench/servers/flock"
)

// systemCache is root's cache directory: the servers run as another user, who
// could not reach one in root's home.
const systemCache = "/var/cache/parkway"

// cacheDir is where unpacked servers and initialised data directories are kept
// between runs: $PARKWAY_CACHE, or "parkway" in the user's cache directory, for
// root /var/cache/parkway. bench/scripts/debian.sh finds the same.
func cacheDir() (string, error) {
	if dir := os.Getenv("PARKWAY_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	if os.Getuid() == 0 {
		return systemCache, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache directory (%w): set PARKWAY_CACHE", err)
	}
	return filepath.Join(dir, "parkway"), nil
}

// runAs is the user that servers run as: nobody if this process is root's
// (servers refuse to run as root), else nil for the same user.
func runAs() (*user.User, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	return user.Lookup("nobody")
}

// reachable checks that servers can enter dir when they run as another user,
// owner: "nobody" has only what is open to all.
func reachable(dir string, owner *user.User) error {
	if owner == nil {
		return nil
	}
	for d := dir; ; d = filepath.Dir(d) {
		info, err := os.Stat(d)
		if err != nil {
			return err
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if info.Mode()&0o001 == 0 && ok && fmt.Sprint(stat.Uid) != owner.Uid {
			return fmt.Errorf("user %s, who runs the servers, cannot enter %s: choose another place (TMPDIR, PARKWAY_CACHE)", owner.Username, d)
		}
		if d == filepath.Dir(d) {
			return nil
		}
	}
}

// lock waits for the exclusive lock of the file and returns what gives it back.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := flock.Wait(f); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}
