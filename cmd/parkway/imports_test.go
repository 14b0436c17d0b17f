package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "parkway"

// ranks orders the packages of the module: each imports only packages of a lower rank. "dir/..." stands for all
// packages in and below dir, which may also import one another.
var ranks = map[string]int{
	"protocol":          0,
	"protocol/digest":   0,
	"config":            0,
	"reactor/transport": 0,
	"scripting/hook":    0,
	"monitor/metrics":   0,

	"protocol/auth":   1,
	"protocol/row":    1,
	"protocol/sysvar": 1,
	"hostgroup/stmt":  1,
	"monitor/elastic": 1,

	"reactor":            2,
	"hostgroup":          2,
	"session/users":      2,
	"session/rules":      2,
	"scripting":          2,
	"monitor/check":      2,
	"protocol/mysqltest": 2,

	"hostgroup/backend": 3,
	"monitor":           3,
	"monitor/kill":      3,

	"hostgroup/pool": 4,

	"session": 5,

	"cmd/parkway": 7,
	"bench/...":   7,
}

// testKits may be imported by the tests of any package.
var testKits = []string{"protocol/mysqltest", "bench/..."}

// libraries pins every library from outside to the packages that may import it. The first prefix of the import path
// decides.
var libraries = []struct {
	prefix    string
	packages  []string
	testsToo  bool // Any package's tests may import it.
	whyPinned string
}{
	{"github.com/panjf2000/gnet/v2", []string{"reactor", "reactor/transport", "bench/wait"}, false, "sockets are the reactor's"},
	{"golang.org/x/sys", []string{"reactor", "reactor/transport", "scripting", "cmd/...", "bench/..."}, false, "sockets are the reactor's, threads those of who locks them"},
	{"github.com/BurntSushi/toml", []string{"config"}, false, "the others see a checked snapshot"},
	{"github.com/prometheus", []string{"monitor/metrics"}, false, "the others count in shards"},
	{"github.com/go-sql-driver/mysql", []string{"monitor/check", "monitor/kill", "bench/..."}, true, "the driver blocks"},
	{"filippo.io/edwards25519", []string{"protocol/auth"}, false, "only a login needs it"},
	{"github.com/rs/zerolog", []string{
		"reactor", "hostgroup/...", "session/...", "monitor/...", "scripting", "cmd/...", "bench/...",
	}, false, "what decodes or checks returns errors"},
	{"github.com/dop251/goja", []string{"scripting"}, false, "sessions know scripts by scripting/hook"},
	{"github.com/fsnotify/fsnotify", []string{"scripting"}, false, "only scripts are followed"},
	{"github.com/dlclark/regexp2", []string{"scripting"}, false, "goja's regular expressions, to bound them"},
	{"gonum.org/v1/plot", []string{"bench/..."}, false, "the proxy draws nothing"},
	{"golang.org/x/sync", []string{"monitor/...", "cmd/...", "bench/..."}, false, "loops don't wait for one another"},
}

// matches reports whether pkg is one of patterns, each a package or "dir/..." for dir and all below it.
func matches(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		dir, below := strings.CutSuffix(pattern, "/...")
		return pkg == dir || below && strings.HasPrefix(pkg, dir+"/")
	})
}

// rankOf returns the rank of a package of the module, and the pattern that gives it.
func rankOf(pkg string) (rank int, pattern string, ok bool) {
	for pattern, rank := range ranks {
		if matches([]string{pattern}, pkg) {
			return rank, pattern, true
		}
	}
	return 0, "", false
}

// violation says why a file of pkg may not import path; "" if it may.
func violation(pkg, path string, test bool) string {
	if target, ours := strings.CutPrefix(path, module+"/"); ours {
		return rankViolation(pkg, target, test)
	}
	first, _, _ := strings.Cut(path, "/")
	if !strings.Contains(first, ".") {
		return "" // The standard library.
	}
	for _, l := range libraries {
		if path != l.prefix && !strings.HasPrefix(path, l.prefix+"/") {
			continue
		}
		if matches(l.packages, pkg) || test && l.testsToo {
			return ""
		}
		return "only for " + strings.Join(l.packages, ", ") + ": " + l.whyPinned
	}
	return "not in this test's table of libraries"
}

// rankViolation is violation for packages of the module.
func rankViolation(pkg, target string, test bool) string {
	rank, pattern, ok := rankOf(pkg)
	if !ok {
		return "package " + pkg + " is not in this test's table of ranks"
	}
	targetRank, targetPattern, ok := rankOf(target)
	switch {
	case !ok:
		return "package " + target + " is not in this test's table of ranks"
	case targetRank < rank:
		return ""
	case pattern == targetPattern && strings.HasSuffix(pattern, "/..."):
		return ""
	case test && (target == pkg || matches(testKits, target)):
		return ""
	}
	return "rank " + strconv.Itoa(targetRank) + " is not below " + strconv.Itoa(rank)
}

// Every import of the module points down the table of ranks, and every outside library stays in its packages.
func TestImports(t *testing.T) {
	root := filepath.Join("..", "..")
	files := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if base := d.Name(); d.IsDir() && name != root && (base == "testdata" || base[0] == '.' || base[0] == '_') {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(name) != ".go" {
			return nil
		}
		files++
		checkFile(t, root, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 2 {
		t.Fatalf("found %d Go files", files)
	}
}

// checkFile checks the imports of one file.
func checkFile(t *testing.T, root, name string) {
	t.Helper()
	relative, err := filepath.Rel(root, name)
	if err != nil {
		t.Fatal(err)
	}
	relative = filepath.ToSlash(relative)
	pkg := path.Dir(relative)
	if _, _, ok := rankOf(pkg); !ok {
		t.Errorf("%s: package %s is not in this test's table of ranks", relative, pkg)
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Errorf("%s: %v", relative, err)
			continue
		}
		if reason := violation(pkg, imported, strings.HasSuffix(name, "_test.go")); reason != "" {
			t.Errorf("%s imports %s: %s", relative, imported, reason)
		}
	}
}

func TestViolation(t *testing.T) {
	for _, test := range []struct {
		pkg, path string
		test      bool
		allowed   bool
	}{
		{"protocol", "fmt", false, true},
		{"protocol", "parkway/config", false, false},
		{"protocol/auth", "parkway/protocol", false, true},
		{"protocol", "parkway/protocol/auth", false, false},
		{"protocol", "parkway/protocol", true, true},
		{"protocol", "parkway/protocol/mysqltest", false, false},
		{"protocol", "parkway/protocol/mysqltest", true, true},
		{"session", "parkway/bench/servers", true, true},
		{"session", "parkway/bench/servers", false, false},
		{"session", "parkway/nowhere", false, false},
		{"nowhere", "parkway/config", false, false},
		{"bench/compare", "parkway/bench/servers", false, true},
		{"cmd/parkway", "parkway/bench/servers", false, false},
		{"config", "github.com/BurntSushi/toml", false, true},
		{"session", "github.com/BurntSushi/toml", true, false},
		{"session", "github.com/go-sql-driver/mysql", true, true},
		{"session", "github.com/go-sql-driver/mysql", false, false},
		{"hostgroup/pool", "github.com/rs/zerolog", false, true},
		{"protocol", "github.com/rs/zerolog", false, false},
		{"reactor", "github.com/panjf2000/gnet/v2/pkg/netpoll", false, true},
		{"bench/compare", "github.com/panjf2000/gnet/v2", false, false},
		{"session", "github.com/nobody/nothing", false, false},
	} {
		if reason := violation(test.pkg, test.path, test.test); (reason == "") != test.allowed {
			t.Errorf("%s imports %s (in a test: %v): %q, want allowed: %v", test.pkg, test.path, test.test, reason, test.allowed)
		}
	}
}
