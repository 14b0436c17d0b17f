package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// Load reads and checks a file. The error is Errors when the file's content is wrong, else it wraps what the operating
// system said.
func Load(path string) (*Config, error) { return Check(path, noScript) }

// noScript is for who does not ask about the script.
func noScript(*Config) error { return nil }

// Parse checks a document; name stands for the file in problems. It keeps nothing of data. Of a document that is not
// TOML only the first place where it is not is known; of all others every problem is listed. The error is always
// Errors.
func Parse(name string, data []byte) (*Config, error) {
	return parse(name, data, noScript)
}

// Check is Load that also asks check about the script, which this package does not read: the error lists what is wrong with
// both. check is not asked when the table [scripting] itself has problems.
func Check(path string, check func(*Config) error) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return parse(path, data, check)
}

func parse(name string, data []byte, check func(*Config) error) (*Config, error) {
	doc := make(map[string]any)
	if _, err := toml.Decode(string(data), &doc); err != nil {
		return nil, Errors{syntaxProblem(name, data, err)}
	}
	if len(doc) == 0 {
		return nil, Errors{{File: name, Message: "the file is empty: name at least a server and a user"}}
	}
	r := &reader{file: name, root: scanLines(data)}
	c := new(Config)
	r.document(doc, c)
	r.check(c)
	c.script = Problem{File: name, Line: r.at("scripting", "file").line, Key: "scripting.file"}
	if !slices.ContainsFunc(r.problems, func(p Problem) bool { return strings.HasPrefix(p.Key, "scripting") }) {
		if err := check(c); err != nil {
			r.problems = append(r.problems, c.scriptProblem(err))
		}
	}
	if len(r.problems) > 0 {
		sortProblems(r.problems)
		return nil, Errors(r.problems)
	}
	sortProblems(r.warnings)
	c.warnings = r.warnings
	return c, nil
}

// Default returns the configuration of a file that sets nothing: every default, no servers and no users.
func Default() *Config {
	r := &reader{root: new(node)}
	c := new(Config)
	r.document(nil, c)
	return c
}

// syntaxProblem tells where the document stops being TOML. The library quotes what it could not read; where that may
// be a password without its quotes, the text is replaced.
func syntaxProblem(name string, data []byte, err error) Problem {
	p := Problem{File: name, Message: err.Error()}
	var pe toml.ParseError
	if !errors.As(err, &pe) {
		return p
	}
	// Not the library's line: that of a line end which should not be there is the next one.
	text := withoutBOM(data)
	p.Line = 1 + bytes.Count(text[:min(max(0, pe.Position.Start), len(text))], []byte{'\n'})
	line := strings.TrimSpace(lineOf(data, p.Line))
	if !strings.HasPrefix(line, "[") { // in a header, the last key is one of the table before
		p.Key = pe.LastKey
	}
	switch {
	case strings.Contains(line, "password"):
		p.Message = "not valid TOML: a password is a string in quotes, on one line"
	case strings.HasPrefix(pe.Message, "expected value but found"):
		p.Message = "not valid TOML: expected a value (a string is written in quotes, a truth value is true or false)"
	default:
		p.Message = "not valid TOML: " + pe.Message
	}
	return p
}

// lineOf returns line n (from 1) of data, or "" when there is none.
func lineOf(data []byte, n int) string {
	for line := range strings.Lines(string(data)) {
		if n--; n == 0 {
			return line
		}
	}
	return ""
}
