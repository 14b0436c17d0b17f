package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"parkway/bench/torture/script"
)

// What once showed a difference shows none: testdata has a directory of small scripts for each flavor.
func TestRemembered(t *testing.T) {
	h := startT(t)
	h.subject = newParkway(binary, h.backend, "")
	files, err := filepath.Glob(filepath.Join("testdata", h.backend.Flavor.String(), "*.script"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, err := script.Parse(string(text))
			if err != nil {
				t.Fatal(err)
			}
			differences, err := h.round(t.Context(), s, true)
			if err != nil {
				t.Fatal(err)
			}
			if len(differences) > 0 {
				var out bytes.Buffer
				show(&out, s, differences)
				t.Error(out.String())
			}
		})
	}
}
