package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"parkway/config"
)

func TestLogger(t *testing.T) {
	keepGlobals(t)
	for _, test := range []struct {
		format, want string
	}{
		{"json", `"level":"warn"`},
		{"console", "WRN said"},
	} {
		path := filepath.Join(t.TempDir(), "log")
		for range 2 { // The file is appended to.
			log, file, err := newLogger(config.Log{Level: "warn", Format: test.format, File: path})
			if err != nil {
				t.Fatal(err)
			}
			log.Info().Msg("unsaid")
			log.Warn().Msg("said")
			file.close()
		}
		text, err := os.ReadFile(path)
		if err != nil || strings.Count(string(text), test.want) != 2 || strings.Contains(string(text), "unsaid") {
			t.Errorf("%s: %q, %v", test.format, text, err)
		}
	}
	if _, _, err := newLogger(config.Log{Level: "info", File: filepath.Join(t.TempDir(), "none", "log")}); err == nil {
		t.Error("a log in a folder that is not there")
	}
	if _, _, err := newLogger(config.Log{Level: "loud"}); err == nil || !strings.HasPrefix(err.Error(), "log.level: ") {
		t.Errorf("an unknown level: %v", err)
	}
	if err := setLevel(config.Log{Level: "error"}); err != nil || zerolog.GlobalLevel() != zerolog.ErrorLevel {
		t.Errorf("level %v, %v", zerolog.GlobalLevel(), err)
	}
}
