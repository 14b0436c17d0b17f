package mysqltest

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"parkway/protocol"
)

// Exchange is a command and its answer as a real server gave it: golden data for what has to find the answer's end.
type Exchange struct {
	Name         string
	Capabilities protocol.Capability
	Command      protocol.Command
	Status       protocol.StatusFlags // after the answer
	Code         uint16               // of the ERR packet that ended it; 0 = it succeeded
	Transcript   *Transcript
}

// ReadExchanges reads a file that WriteExchanges wrote: the exchanges of these commands, all if none is named.
func ReadExchanges(path string, of ...protocol.Command) ([]Exchange, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	_, body, _ := strings.Cut(string(text), "\n= ")
	var list []Exchange
	for _, part := range strings.Split(body, "\n= ") {
		e, said, err := parseExchange(part)
		if err == nil && len(of) > 0 && !slices.Contains(of, e.Command) {
			continue
		}
		if err == nil {
			e.Transcript, err = ParseTranscript(said)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", path, e.Name, err)
		}
		list = append(list, e)
	}
	return list, nil
}

// parseExchange reads all of an exchange but its transcript, which is said.
func parseExchange(text string) (e Exchange, said string, err error) {
	e.Name, text, _ = strings.Cut(text, "\n")
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if len(key) == 1 {
			said += line
			continue
		}
		if key == "" {
			continue
		}
		v, err := strconv.ParseUint(value, 0, 64)
		if err != nil {
			return e, "", fmt.Errorf("%s: %w", key, err)
		}
		switch key {
		case "capabilities":
			e.Capabilities = protocol.Capability(v)
		case "command":
			e.Command = protocol.Command(v)
		case "status":
			e.Status = protocol.StatusFlags(v)
		case "error":
			e.Code = uint16(v)
		default:
			return e, "", fmt.Errorf("unknown key %q", key)
		}
	}
	return e, said, nil
}

// WriteExchanges writes a file of exchanges; title says where they come from, in one line.
func WriteExchanges(path, title string, list []Exchange) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", title)
	for _, e := range list {
		fmt.Fprintf(&b, "\n= %s\ncapabilities %#x\ncommand %#02x\nstatus %#04x\n", e.Name, uint64(e.Capabilities), byte(e.Command), uint16(e.Status))
		if e.Code != 0 {
			fmt.Fprintf(&b, "error %d\n", e.Code)
		}
		b.WriteString(e.Transcript.String())
	}
	return os.WriteFile(path, []byte(b.String()), 0o644)
}
