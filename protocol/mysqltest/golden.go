package mysqltest

import (
	"os"
	"testing"
)

// updateVariable is the environment variable that makes Golden write files instead of comparing them.
const updateVariable = "MYSQLTEST_UPDATE"

// Golden compares a transcript with the file at path, which is rewritten instead if the environment has MYSQLTEST_UPDATE=1.
func Golden(t testing.TB, path string, transcript *Transcript) {
	t.Helper()
	got := transcript.String()
	if os.Getenv(updateVariable) == "1" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (%s=1 rewrites it)\n--- got\n%s--- want\n%s", path, updateVariable, got, want)
	}
}
