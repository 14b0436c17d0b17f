package script

import (
	"fmt"
	"strconv"
	"strings"

	"parkway/protocol"
)

// verbs are the fields that go with each verb, in the order of the text form.
var verbs = map[Verb][]field{
	Query:          {textField},
	Prepare:        {slotField, textField},
	Execute:        {slotField, cursorField, paramsField},
	Fetch:          {slotField, numberField},
	LongData:       {slotField, numberField, textField},
	ResetStatement: {slotField},
	CloseStatement: {slotField},
	InitDB:         {textField},
	ChangeUser:     {textField, schemaField},
	ResetSession:   {},
	SetOption:      {numberField},
	Ping:           {},
}

// field is one field of a step: how it is written, and how it is read from the
// front of the words that are left.
type field struct {
	write func(*Step) string
	read  func(*Step, *words) error
}

var (
	slotField   = field{func(s *Step) string { return strconv.Itoa(s.Slot) }, func(s *Step, w *words) error { return w.number(&s.Slot) }}
	numberField = field{func(s *Step) string { return strconv.Itoa(s.Number) }, func(s *Step, w *words) error { return w.number(&s.Number) }}
	textField   = field{func(s *Step) string { return strconv.Quote(s.Text) }, func(s *Step, w *words) error { return w.quoted(&s.Text) }}
	schemaField = field{func(s *Step) string { return strconv.Quote(s.Schema) }, func(s *Step, w *words) error { return w.quoted(&s.Schema) }}
	cursorField = field{writeCursor, readCursor}
	paramsField = field{writeParams, readParams}
)

const (
	withCursor    = "cursor"
	withoutCursor = "rows"
)

func writeCursor(s *Step) string {
	if s.Cursor {
		return withCursor
	}
	return withoutCursor
}

func readCursor(s *Step, w *words) error {
	word := w.next()
	s.Cursor = word == withCursor
	if word != withCursor && word != withoutCursor {
		return fmt.Errorf("%q is neither %s nor %s", word, withCursor, withoutCursor)
	}
	return nil
}

func writeParams(s *Step) string {
	quoted := make([]string, len(s.Params))
	for i, p := range s.Params {
		quoted[i] = strconv.Quote(p)
	}
	return strings.Join(quoted, " ")
}

func readParams(s *Step, w *words) error {
	for !w.empty() {
		var p string
		if err := w.quoted(&p); err != nil {
			return err
		}
		if _, err := ParseParam(p); err != nil {
			return err
		}
		s.Params = append(s.Params, p)
	}
	return nil
}

// String is the step as in a script's text.
func (s Step) String() string {
	parts := []string{string(s.Verb)}
	for _, f := range verbs[s.Verb] {
		if part := f.write(&s); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " ")
}

// capabilityNames are the capabilities in which clients differ.
var capabilityNames = []struct {
	name string
	flag protocol.Capability
}{
	{"DEPRECATE_EOF", protocol.ClientDeprecateEOF},
	{"SESSION_TRACK", protocol.ClientSessionTrack},
	{"FOUND_ROWS", protocol.ClientFoundRows},
	{"MULTI_STATEMENTS", protocol.ClientMultiStatements},
	{"IGNORE_SPACE", protocol.ClientIgnoreSpace},
	{"INTERACTIVE", protocol.ClientInteractive},
}

const noCapabilities = "-"

func writeCapabilities(c protocol.Capability) string {
	var names []string
	for _, n := range capabilityNames {
		if c.Has(n.flag) {
			names = append(names, n.name)
		}
	}
	if names == nil {
		return noCapabilities
	}
	return strings.Join(names, "|")
}

// capabilityNamed is the capability of that name, 0 if there is none.
func capabilityNamed(name string) protocol.Capability {
	for _, n := range capabilityNames {
		if n.name == name {
			return n.flag
		}
	}
	return 0
}

// String is the script as text, a line for each client and each entry:
//
//	seed 7
//	flavor mariadb
//	backends 8
//	order strict
//	client 3 SESSION_TRACK|FOUND_ROWS 45 quit "torture_03"
//	3 query "SET @a = 1"
//
// where a client's line has its number, its capabilities ("-" for none), its
// charset, how it leaves, and its schema. Lines that begin with "#" are
// comments.
func (s *Script) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d\nflavor %s\nbackends %d\norder %s\n", s.Seed, s.Flavor, s.Backends, s.Order)
	for _, c := range s.Clients {
		fmt.Fprintf(&b, "client %d %s %d %s %q\n", c.ID, writeCapabilities(c.Capabilities), c.Charset, c.Leave, c.Schema)
	}
	for _, e := range s.Entries {
		fmt.Fprintf(&b, "%d %s\n", e.Client, e.Step)
	}
	return b.String()
}
