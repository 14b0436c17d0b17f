package scripting

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// The examples run, and do what their tests say.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "examples", "scripts", "*.js"))
	if err != nil {
		t.Fatal(err)
	}
	tested := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.js") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			var out bytes.Buffer
			ran, failed, err := Test(file, patiently(), &out)
			for range 2 {
				if !strings.Contains(out.String(), "took longer") { // a machine that is very busy stops a script anywhere
					break
				}
				out.Reset()
				ran, failed, err = Test(file, patiently(), &out)
			}
			if err != nil || failed > 0 || ran == 0 {
				t.Errorf("%d tests, %d failed, %v\n%s", ran, failed, err, out.String())
			}
		})
		tested++
	}
	if tested < 10 {
		t.Errorf("%d examples", tested)
	}
}
