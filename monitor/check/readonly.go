package check

import (
	"fmt"
	"strings"
)

// Switches are what keeps a server from being written to.
type Switches struct {
	ReadOnly bool // read_only
	Super    bool // super_read_only
	HasSuper bool // the server knows super_read_only: MariaDB doesn't
}

const (
	bothSwitches = "SELECT @@global.read_only, @@global.super_read_only"
	oneSwitch    = "SELECT @@global.read_only"
)

// readOnly asks for the switches. Everybody may.
func (t *Target) readOnly(c *conn, r *Result) error {
	t.mu.Lock()
	both := !t.noSuper
	t.mu.Unlock()
	if both {
		answer, err := c.query(bothSwitches)
		if Code(err) != errUnknownVariable {
			if err == nil {
				r.Switch, err = switches(answer)
			}
			return err
		}
		t.mu.Lock()
		t.noSuper = true
		t.mu.Unlock()
	}
	answer, err := c.query(oneSwitch)
	if err == nil {
		r.Switch, err = switches(answer)
	}
	return err
}

// switches reads the answer to one of the two questions.
func switches(t *table) (s Switches, err error) {
	if len(t.Rows) != 1 || len(t.Columns) < 1 || len(t.Columns) > 2 {
		return s, fmt.Errorf("read_only: %d rows of %d values are no answer", len(t.Rows), len(t.Columns))
	}
	row := t.Rows[0]
	s.ReadOnly = isOn(row[0])
	if len(row) == 2 {
		s.HasSuper, s.Super = true, isOn(row[1])
	}
	return s, nil
}

// isOn reads a switch: a number, or a word where it is an enumeration (MariaDB
// from 12 on: OFF, ON, NO_LOCK, NO_LOCK_NO_ADMIN).
func isOn(value *string) bool {
	return value != nil && *value != "0" && !strings.EqualFold(*value, "OFF")
}
