package scripting

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"parkway/scripting/hook"
)

// replayed is a line of a replay's output: what the program says of a command.
type replayed struct {
	SQL       string   `json:"sql"`
	User      string   `json:"user,omitempty"`
	Hostgroup *int     `json:"hostgroup,omitempty"`
	Rewrite   *string  `json:"rewrite,omitempty"`
	Reject    string   `json:"reject,omitempty"`
	Reply     string   `json:"reply,omitempty"`
	TimeoutMs *int64   `json:"timeout_ms,omitempty"`
	Pin       bool     `json:"pin,omitempty"`
	Tags      []string `json:"tags,omitempty"`
	Before    []string `json:"before,omitempty"`
	After     []string `json:"after,omitempty"`
}

// maxLine bounds a line of a recording.
const maxLine = 64 << 20

// Replay asks onQuery of the program in a file about the commands recorded in another, one JSON object in each line, and writes what it says of each to
// out. It returns how many there were, and of how many the function failed. Statements before and after one, and onResult, are not run: there is no
// server. An error says in which of the files, and in which line of it.
func Replay(file, recording string, o Options, out io.Writer) (asked, failedCalls int, err error) {
	source, err := os.Open(recording)
	if err != nil {
		return 0, 0, err
	}
	defer source.Close()
	t, err := newTester(file, o)
	if err != nil {
		return 0, 0, err
	}
	defer t.close()
	if !t.engine.Defines().Has(hook.OnQuery) {
		return 0, 0, errors.New(file + " defines no onQuery")
	}
	lines := bufio.NewScanner(source)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	answers := json.NewEncoder(out)
	answers.SetEscapeHTML(false)
	n := 1
	for ; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		q, err := readRecorded(lines.Text())
		if err != nil {
			return asked, failedCalls, fmt.Errorf("%s:%d: %w", recording, n, err)
		}
		before := t.went()
		v := t.query(q)
		asked++
		if t.went() == before {
			failedCalls++
		}
		if err := answers.Encode(replayOf(q, v)); err != nil {
			return asked, failedCalls, err
		}
		for _, i := range append(v.Before, v.After...) {
			t.loop.Forget(i)
		}
	}
	if err := lines.Err(); err != nil {
		return asked, failedCalls, fmt.Errorf("%s:%d: %w", recording, n, err)
	}
	return asked, failedCalls, nil
}

// readRecorded reads a line of a recording.
func readRecorded(line string) (*queryCopy, error) {
	var r recorded
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&r); err != nil {
		return nil, err
	}
	return r.query()
}

// went is how many calls of onQuery went well.
func (t *tester) went() uint64 {
	return t.loop.stats.Calls(int(hook.OnQuery), int(ok)) + t.loop.stats.Calls(int(hook.OnQuery), int(remembered))
}

func replayOf(q *queryCopy, v *hook.Verdict) *replayed {
	r := &replayed{SQL: string(q.sql), User: q.user, Pin: v.Pin, Tags: v.Tags}
	if v.Hostgroup != hook.Unset {
		r.Hostgroup = &v.Hostgroup
	}
	if v.HasSQL {
		r.Rewrite = &v.SQL
	}
	if v.Reject != nil {
		r.Reject = fmt.Sprintf("ERROR %d (%s): %s", v.Reject.Code, v.Reject.State, v.Reject.Message)
	}
	if v.Reply != nil {
		r.Reply = "OK"
		if n := len(v.Reply.Table.Columns); n > 0 {
			r.Reply = fmt.Sprintf("%d rows of %d columns", v.Reply.Table.Rows.Len(), n)
		}
	}
	if v.Timeout != hook.Unset {
		ms := v.Timeout.Milliseconds()
		r.TimeoutMs = &ms
	}
	for _, i := range v.Before {
		r.Before = append(r.Before, i.SQL)
	}
	for _, i := range v.After {
		r.After = append(r.After, i.SQL)
	}
	return r
}
