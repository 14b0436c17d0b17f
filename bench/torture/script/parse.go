package script

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Parse reads what String wrote. The error names the line.
func Parse(text string) (*Script, error) {
	s := new(Script)
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := s.parseLine(&words{rest: line}); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	if s.Backends < 1 {
		return nil, errors.New("no line \"backends NUMBER\"")
	}
	if s.Order != Free && s.Order != Strict {
		return nil, fmt.Errorf("order %q is neither %s nor %s", s.Order, Free, Strict)
	}
	return s, nil
}

func (s *Script) parseLine(w *words) error {
	var err error
	switch word := w.next(); word {
	case "seed":
		s.Seed, err = strconv.ParseUint(w.next(), 10, 64)
	case "flavor":
		s.Flavor = w.next()
	case "backends":
		err = w.number(&s.Backends)
	case "order":
		s.Order = Order(w.next())
	case "client":
		err = s.parseClient(w)
	default:
		err = s.parseEntry(word, w)
	}
	if err == nil && !w.empty() {
		err = fmt.Errorf("unexpected %q", w.rest)
	}
	return err
}

func (s *Script) parseClient(w *words) error {
	var c Client
	if err := w.number(&c.ID); err != nil {
		return err
	}
	if capabilities := w.next(); capabilities != noCapabilities {
		for name := range strings.SplitSeq(capabilities, "|") {
			flag := capabilityNamed(name)
			if flag == 0 {
				return fmt.Errorf("%q is not a capability", name)
			}
			c.Capabilities |= flag
		}
	}
	charset, err := strconv.ParseUint(w.next(), 10, 8)
	if err != nil {
		return fmt.Errorf("charset: %w", err)
	}
	c.Charset = byte(charset)
	c.Leave = Leave(w.next())
	if !slices.Contains([]Leave{Quit, Vanish, Reset}, c.Leave) {
		return fmt.Errorf("%q is not a way to leave", c.Leave)
	}
	s.Clients = append(s.Clients, c)
	return w.quoted(&s.Clients[len(s.Clients)-1].Schema)
}

func (s *Script) parseEntry(id string, w *words) error {
	client, err := strconv.Atoi(id)
	if err != nil {
		return fmt.Errorf("unexpected %q", id)
	}
	if !slices.ContainsFunc(s.Clients, func(c Client) bool { return c.ID == client }) {
		return fmt.Errorf("there is no client %d", client)
	}
	e := Entry{Client: client, Step: Step{Verb: Verb(w.next())}}
	fields, ok := verbs[e.Verb]
	if !ok {
		return fmt.Errorf("%q is not a command", e.Verb)
	}
	for _, f := range fields {
		if err := f.read(&e.Step, w); err != nil {
			return fmt.Errorf("%s: %w", e.Verb, err)
		}
	}
	s.Entries = append(s.Entries, e)
	return nil
}

// words takes a line apart.
type words struct{ rest string }

func (w *words) empty() bool { return w.rest == "" }

// next is the text up to the next space; "" at the end.
func (w *words) next() string {
	word, rest, _ := strings.Cut(w.rest, " ")
	w.rest = strings.TrimLeft(rest, " ")
	return word
}

func (w *words) number(to *int) error {
	var err error
	*to, err = strconv.Atoi(w.next())
	return err
}

func (w *words) quoted(to *string) error {
	q, err := strconv.QuotedPrefix(w.rest)
	if err != nil {
		return fmt.Errorf("%q: no quoted text", w.rest)
	}
	w.rest = strings.TrimLeft(w.rest[len(q):], " ")
	*to, err = strconv.Unquote(q)
	return err
}
