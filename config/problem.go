package config

import (
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing wrong with a configuration file. Its text never holds a secret's value.
type Problem struct {
	File    string // As given to Load or Parse.
	Line    int    // From 1; 0 when the problem is of the file as a whole.
	Key     string // Dotted, as "mysql_variables.max_connections"; may be empty.
	Message string // Clear to who wrote the file, without line or key.
}

// String returns "file:line: key: message", without the parts that are not known.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	b.WriteString(": ")
	if p.Key != "" {
		b.WriteString(p.Key)
		b.WriteString(": ")
	}
	b.WriteString(p.Message)
	return b.String()
}

// Errors is what is wrong with a file: every problem, sorted by line. It is never empty when returned as an error.
type Errors []Problem

// Error returns the problems, one a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// sortProblems orders by line, and within a line as they were found.
func sortProblems(p []Problem) {
	slices.SortStableFunc(p, func(a, b Problem) int { return a.Line - b.Line })
}
