package scripting

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/dop251/goja"
)

const (
	// maxSource bounds a file of a program.
	maxSource = 1 << 20
	// maxNesting bounds its brackets within one another: the parser is recursive.
	maxNesting = 1000
	// maxArrows bounds arrow functions, and maxPending colons without an end: the parser goes from each arrow function to the end of the innermost one, and
	// from each label to the outermost one. So many are a few seconds, if they are within one another.
	maxArrows  = 20_000
	maxPending = 10_000
)

// program is compiled files. Immutable once it was tried: then all modules are known, and every machine can be made without reading a file.
type program struct {
	root    *os.Root // of the directory that the main file is in; nil: tried
	dir     string
	read    []string // paths of all files that were opened, or should have been
	main    *goja.Program
	name    string
	modules map[string]*goja.Program // by their path in the directory
	jobs    bool                     // its functions may leave jobs that run when they have ended
}

// newProgram reads and compiles a file; of one that is a link, the file that it leads to, which others are beside. The error is an *Error, or says that
// the file cannot be read: then the program is none, but knows which files were to be read.
func newProgram(file string) (*program, error) {
	p := &program{read: []string{file}, modules: make(map[string]*goja.Program)}
	real, err := filepath.EvalSymlinks(file)
	if err != nil {
		return p, fmt.Errorf("%s: %w", file, causeOf(err))
	}
	p.dir, p.name = filepath.Dir(real), filepath.Base(real)
	if p.root, err = os.OpenRoot(p.dir); err != nil {
		return p, err
	}
	source, err := p.source(p.name)
	if err == nil {
		p.main, err = p.compile(p.name, source)
	}
	if err != nil {
		p.seal()
	}
	return p, err
}

// seal ends the reading of files.
func (p *program) seal() {
	if p.root != nil {
		p.root.Close()
		p.root = nil
	}
}

// files are the paths of all files of the program.
func (p *program) files() []string {
	all := []string{filepath.Join(p.dir, p.name)}
	for name := range p.modules {
		all = append(all, filepath.Join(p.dir, filepath.FromSlash(name)))
	}
	slices.Sort(all[1:])
	return all
}

// source reads a file. Its name in an error is as it is from where the process runs.
func (p *program) source(name string) (string, error) {
	path := filepath.Join(p.dir, filepath.FromSlash(name))
	p.read = append(p.read, path)
	f, err := p.root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe may have nobody at its other end
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, causeOf(err))
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %w", path, causeOf(err))
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is not a file", path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSource+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %w", path, causeOf(err))
	case len(text) > maxSource:
		return "", fmt.Errorf("%s has more than %d bytes", path, maxSource)
	}
	return string(text), nil
}

// causeOf is what the operating system has against a file, without the name, which is relative there.
func causeOf(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// The first lines of a module stand behind moduleHead.
const (
	moduleHead = "(function (exports, require, module) {"
	moduleTail = "\n})"
)

// module returns the file that a module in the directory from requires as name, and its path.
func (p *program) module(from, name string) (*goja.Program, string, error) {
	if !strings.HasPrefix(name, "./") && !strings.HasPrefix(name, "../") {
		return nil, "", fmt.Errorf("require(%q): only files beside the script can be required, as './name.js'", name)
	}
	file := path.Join(from, name)
	if path.Ext(file) == "" {
		file += ".js"
	}
	if m := p.modules[file]; m != nil {
		return m, file, nil
	}
	if p.root == nil {
		return nil, "", fmt.Errorf("require(%q): files are read when the script is loaded: require them at its beginning", name)
	}
	source, err := p.source(file)
	if err != nil {
		return nil, "", fmt.Errorf("require(%q): %w", name, err)
	}
	if strings.HasSuffix(file, ".json") {
		if err := checkJSON(file, source); err != nil {
			return nil, "", err
		}
		source = "module.exports = " + source + "\n"
	} else if _, err := p.compile(file, source); err != nil { // for the position of what is wrong
		return nil, "", err
	}
	m, err := p.compile(file, moduleHead+source+moduleTail)
	if err != nil {
		return nil, "", err
	}
	p.modules[file] = m
	return m, file, nil
}

// compile compiles one file; the error is an *Error.
func (p *program) compile(name, source string) (*goja.Program, error) {
	if line, what := tooDeep(source); what != "" {
		return nil, &Error{File: name, Line: line, Column: 1, Message: what}
	}
	parsed, err := goja.Parse(name, source)
	if err != nil {
		return nil, syntaxError(name, err)
	}
	jobs, wrong := revise(parsed)
	if wrong != nil {
		return nil, wrong
	}
	p.jobs = p.jobs || jobs
	compiled, err := goja.CompileAST(parsed, false)
	if err != nil {
		return nil, syntaxError(name, err)
	}
	return compiled, nil
}

// checkJSON says where a text is not JSON, which is a part of JavaScript.
func checkJSON(name, source string) error {
	source = strings.TrimPrefix(source, "\ufeff")
	var wrong *json.SyntaxError
	if !errors.As(json.Unmarshal([]byte(source), new(json.RawMessage)), &wrong) {
		return nil
	}
	before := source[:max(wrong.Offset-1, 0)]
	line := strings.Count(before, "\n")
	return &Error{File: name, Line: line + 1, Column: len(before) - strings.LastIndex(before, "\n"), Message: "not JSON: " + wrong.Error()}
}

// tooDeep finds where brackets are too deep within one another, or labels and branches, those in texts and comments included. These end with a comma, a semicolon
// or the bracket around them; in a program that does without, with their line, unless that ends with one of them. Arrow functions are counted wherever they are.
func tooDeep(source string) (line int, what string) {
	line = 1
	var outer []int // how much is pending outside of each bracket
	pending, arrows, last := 0, 0, byte(0)
	for i := range len(source) {
		c := source[i]
		switch c {
		case '\n':
			line++
			if last != ':' {
				pending = outside(outer)
			}
			continue
		case ' ', '\t', '\r':
			continue
		case '(', '[', '{':
			if outer = append(outer, pending); len(outer) > maxNesting {
				return line, fmt.Sprintf("more than %d brackets within one another", maxNesting)
			}
		case ')', ']', '}':
			pending = outside(outer)
			outer = outer[:max(len(outer)-1, 0)]
		case ',', ';':
			pending = outside(outer)
		case ':':
			if pending++; pending > maxPending {
				return line, fmt.Sprintf("more than %d labels or branches within one another", maxPending)
			}
		case '>':
			if last != '=' {
				break
			}
			if arrows++; arrows > maxArrows {
				return line, fmt.Sprintf("more than %d arrow functions in a file", maxArrows)
			}
		}
		last = c
	}
	return 0, ""
}

// outside is how much is pending outside of the innermost bracket.
func outside(outer []int) int {
	if len(outer) == 0 {
		return 0
	}
	return outer[len(outer)-1]
}

// The forms in which goja says where a program is wrong.
var (
	parserPlace   = regexp.MustCompile(`^(?:SyntaxError: )*(?:.*): Line (\d+):(\d+) (.*?)(?: \(and \d+ more errors\))?$`)
	compilerPlace = regexp.MustCompile(`^(?:SyntaxError: )*(.*) at .*:(\d+):(\d+)$`)
)

// syntaxError makes an Error of what goja.Compile returned.
func syntaxError(name string, err error) *Error {
	e := &Error{File: name, Message: err.Error()}
	var line, column string
	if m := parserPlace.FindStringSubmatch(e.Message); m != nil {
		line, column, e.Message = m[1], m[2], m[3]
	} else if m := compilerPlace.FindStringSubmatch(e.Message); m != nil {
		e.Message, line, column = m[1], m[2], m[3]
	}
	e.Line, _ = strconv.Atoi(line)
	e.Column, _ = strconv.Atoi(column)
	return e
}
