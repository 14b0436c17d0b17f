package servers

import (
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestParseFlavor(t *testing.T) {
	for name, want := range map[string]Flavor{"": MariaDB, "mariadb": MariaDB, "mysql": MySQL} {
		if got, err := ParseFlavor(name); err != nil || got != want {
			t.Errorf("ParseFlavor(%q) = %v, %v, want %v", name, got, err, want)
		}
	}
	if f, err := ParseFlavor("oracle"); err == nil {
		t.Errorf("ParseFlavor(oracle) = %v, want an error", f)
	}
	if err := Available(Flavor(7)); err == nil || !strings.Contains(err.Error(), "Flavor(7)") {
		t.Errorf("Available(Flavor(7)) = %v", err)
	}
}

func TestMissingServersSayWhatToDo(t *testing.T) {
	t.Setenv("PARKWAY_CACHE", t.TempDir())
	t.Setenv("PATH", t.TempDir())
	for f, script := range map[Flavor]string{MariaDB: "bench/scripts/install.sh", MySQL: "bench/scripts/mysql-install.sh"} {
		err := Available(f)
		if err == nil || !strings.Contains(err.Error(), script) {
			t.Errorf("%s: %v, want one that names %s", f, err, script)
		}
		if _, err := Start(t.Context(), Options{Flavor: f}); err == nil || !strings.Contains(err.Error(), script) {
			t.Errorf("start %s: %v, want one that names %s", f, err, script)
		}
	}
}

// enterable is a temporary directory that servers of another user can enter.
func enterable(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	// The directory above a test's is closed to others.
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestReachable(t *testing.T) {
	stranger := &user.User{Uid: "123456", Username: "stranger"}
	open := enterable(t)
	if err := reachable(open, stranger); err != nil {
		t.Errorf("an open directory: %v", err)
	}
	closed := filepath.Join(open, "closed")
	if err := os.MkdirAll(filepath.Join(closed, "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := reachable(filepath.Join(closed, "below"), stranger); err == nil {
		t.Error("below a closed directory: no error")
	}
	if err := reachable(closed, nil); err != nil {
		t.Errorf("the process's own user: %v", err)
	}
}

func TestCopyTree(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "from"), filepath.Join(t.TempDir(), "to")
	if err := os.MkdirAll(filepath.Join(from, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(from, "sub", "file"), []byte("text"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := copyTree(from, to); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(to, "sub", "file"))
	if err != nil || string(text) != "text" {
		t.Errorf("copied %q, %v", text, err)
	}
	info, err := os.Stat(filepath.Join(to, "sub", "file"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, want 0640", info.Mode().Perm())
	}
	if stat := info.Sys().(*syscall.Stat_t); int(stat.Uid) != os.Getuid() {
		t.Errorf("owner %d, want %d", stat.Uid, os.Getuid())
	}
}
