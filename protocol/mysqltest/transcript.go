package mysqltest

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"parkway/protocol"
)

// The two directions of a transcript, as they are written.
const (
	fromClient = '>'
	fromServer = '<'
)

// Transcript is what both sides said, in order. As text it has a line per packet: direction, sequence number, payload,
//
//	> 0 "\x03SELECT 1"
//	< 1 "\x01"
//
// where a payload is quoted as in Go and long runs of one byte are written as "x"*1000, joined by spaces. Bytes that make no whole
// packet have a "?" for the sequence number. How the bytes were cut on their way isn't recorded. The zero value is empty and
// ready; a nil *Transcript records nothing. Recording is safe from several goroutines.
type Transcript struct {
	mu      sync.Mutex
	entries []Said
}

// Said is what one side said until the other spoke.
type Said struct {
	ByServer bool
	Bytes    []byte
}

func (t *Transcript) add(from byte, b []byte) {
	if t == nil || len(b) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	byServer := from == fromServer
	if last := len(t.entries) - 1; last >= 0 && t.entries[last].ByServer == byServer {
		t.entries[last].Bytes = append(t.entries[last].Bytes, b...)
		return
	}
	t.entries = append(t.entries, Said{ByServer: byServer, Bytes: bytes.Clone(b)})
}

// Entries is what was said so far.
func (t *Transcript) Entries() []Said {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Said(nil), t.entries...)
}

// Reset forgets what was said.
func (t *Transcript) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.entries = nil
}

// String is the transcript as text.
func (t *Transcript) String() string {
	var b strings.Builder
	for _, e := range t.Entries() {
		from := byte(fromClient)
		if e.ByServer {
			from = fromServer
		}
		rest := e.Bytes
		for len(rest) >= protocol.HeaderLen {
			length, seq := protocol.Header(rest)
			if len(rest) < protocol.HeaderLen+length {
				break
			}
			fmt.Fprintf(&b, "%c %d %s\n", from, seq, quote(rest[protocol.HeaderLen:protocol.HeaderLen+length]))
			rest = rest[protocol.HeaderLen+length:]
		}
		if len(rest) > 0 {
			fmt.Fprintf(&b, "%c ? %s\n", from, quote(rest))
		}
	}
	return b.String()
}

// ParseTranscript reads what String wrote.
func ParseTranscript(text string) (*Transcript, error) {
	t := new(Transcript)
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if line == "" {
			continue
		}
		part := strings.SplitN(line, " ", 3)
		if len(part) != 3 || part[0] != string(fromClient) && part[0] != string(fromServer) {
			return nil, fmt.Errorf("line %d: %q", i+1, line)
		}
		payload, err := unquote(part[2])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if part[1] == "?" {
			t.add(part[0][0], payload)
			continue
		}
		seq, err := strconv.ParseUint(part[1], 10, 8)
		if err != nil || len(payload) > protocol.MaxPayload {
			return nil, fmt.Errorf("line %d: %q", i+1, line[:min(len(line), 40)])
		}
		header := []byte{byte(len(payload)), byte(len(payload) >> 8), byte(len(payload) >> 16), byte(seq)}
		t.add(part[0][0], append(header, payload...))
	}
	return t, nil
}

// longRun is the number of equal bytes from which they are written as a product.
const longRun = 40

func quote(b []byte) string {
	var parts []string
	plain := 0
	for i := 0; i < len(b); {
		end := i + 1
		for end < len(b) && b[end] == b[i] {
			end++
		}
		if end-i >= longRun {
			if i > plain {
				parts = append(parts, quoteASCII(b[plain:i]))
			}
			parts = append(parts, quoteASCII(b[i:i+1])+"*"+strconv.Itoa(end-i))
			plain = end
		}
		i = end
	}
	if plain < len(b) || len(parts) == 0 {
		parts = append(parts, quoteASCII(b[plain:]))
	}
	return strings.Join(parts, " ")
}

// quoteASCII is strconv.Quote with every byte that isn't ASCII written as \x.., so that it comes back the same.
func quoteASCII(b []byte) string {
	var s strings.Builder
	s.WriteByte('"')
	for _, c := range b {
		switch {
		case c == '"' || c == '\\':
			s.WriteByte('\\')
			s.WriteByte(c)
		case c >= ' ' && c <= '~':
			s.WriteByte(c)
		default:
			fmt.Fprintf(&s, `\x%02x`, c)
		}
	}
	s.WriteByte('"')
	return s.String()
}

func unquote(text string) (b []byte, err error) {
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimLeft(text, " ") {
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%w: %.40s", err, text)
		}
		text = text[len(quoted):]
		part, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, err
		}
		count := 1
		if rest, ok := strings.CutPrefix(text, "*"); ok {
			number, _, _ := strings.Cut(rest, " ")
			if count, err = strconv.Atoi(number); err != nil || count < 0 || count > 1<<30 {
				return nil, fmt.Errorf("count %.20q", number)
			}
			text = rest[len(number):]
		}
		b = append(b, bytes.Repeat([]byte(part), count)...)
	}
	return b, nil
}
