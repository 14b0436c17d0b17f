//go:build integration

package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// With -capture testdata/captures, a run for each flavor renews what TestCaptures replays.
var captureTo = flag.String("capture", "", "directory to write captured exchanges to")

// record notes one call of Step.
func (c *capture) record(in, out []byte, done bool, err error) {
	encrypted := c.Client != nil && bytes.Contains(in, []byte("PUBLIC KEY"))
	c.Steps = append(c.Steps, capturedStep{In: toHex(in), Out: toHex(out), Random: encrypted})
	switch {
	case err != nil:
		c.Result = err.Error()
	case done:
		c.Result = "accepted"
	}
}

// save writes the capture for TestCaptures.
func (c *capture) save(dir, name string) error {
	text, err := json.MarshalIndent(c, "", "\t")
	if err != nil {
		return err
	}
	return errors.Join(os.MkdirAll(dir, 0o777), os.WriteFile(filepath.Join(dir, name+".json"), append(text, '\n'), 0o666))
}

var notInFileName = regexp.MustCompile(`[^A-Za-z0-9]+`)

// saveCapture saves the capture of a test under its name, if -capture asks for it.
func saveCapture(t *testing.T, rec *capture) {
	t.Helper()
	if *captureTo == "" || len(rec.Steps) == 0 {
		return
	}
	rec.About = strings.TrimSpace(rec.About)
	name := strings.ToLower(strings.Trim(notInFileName.ReplaceAllString(strings.TrimPrefix(t.Name(), "TestReal"), "-"), "-"))
	if err := rec.save(*captureTo, name); err != nil {
		t.Error(err)
	}
}
