package e2e

import (
	"fmt"
	"slices"
	"testing"

	"parkway/protocol"
)

// Session trackers are for clients that negotiated them.
func TestRawTrackers(t *testing.T) {
	const shown, listed = "SELECT @@session_track_schema, @@session_track_state_change, @@session_track_system_variables", `SHOW VARIABLES LIKE 'session\_track%'`
	statements := []string{
		shown, listed, "SET NAMES latin1", "USE sbtest", "USE app", "SET sql_mode = 'ANSI', time_zone = '+03:00'", "SET @a = 1",
		shown,
		"SET session_track_transaction_info = 'STATE'", "BEGIN", "DO 1", "COMMIT", "SELECT 1", shown, listed,
		"SET @@session_track_system_variables = 'sql_mode', session_track_schema = OFF", "USE sbtest", "SET sql_mode = '', time_zone = SYSTEM", shown,
	}
	for _, test := range []struct {
		name string
		caps protocol.Capability
	}{{"negotiated", protocol.ClientSessionTrack}, {"not negotiated", 0}} {
		t.Run(test.name, func(t *testing.T) {
			for _, d := range dialects {
				same(t, func(t *testing.T, s side, seen *transcript) {
					c := s.dial(t, d.caps|test.caps)
					changes := 0
					for _, sql := range statements {
						results, err := c.Query(sql)
						for i := range results {
							ok := &results[i].OK
							var said []string // their order is that of the server's hash table
							it := protocol.NewStateChanges(ok.StateChanges)
							for it.Next() {
								change := it.Change()
								said = append(said, fmt.Sprintf("%d %q %q", change.Type, change.Name, change.Value))
							}
							seen.failed(sql, it.Err())
							slices.Sort(said)
							seen.addf("%s: changes %q", sql, said)
							changes += len(said)
							if len(said) == 0 {
								ok.Status &^= protocol.StatusSessionStateChanged // MariaDB sets it also where it says nothing more
							}
						}
						seen.answer(sql, results, err)
					}
					if (changes > 0) != (test.caps != 0) {
						t.Errorf("%s, %s: %d changes", s.name, d.name, changes)
					}
				})
			}
		})
	}
}

// Query attributes stand before the statement's text.
func TestRawQueryAttributes(t *testing.T) {
	same(t, func(t *testing.T, s side, seen *transcript) {
		c := s.dial(t, protocol.ClientQueryAttributes)
		seen.addf("offered: %t", c.Greeting.Capabilities.Has(protocol.ClientQueryAttributes))
		if !c.Capabilities.Has(protocol.ClientQueryAttributes) {
			return
		}
		// One parameter, one set: no NULLs, types follow; VAR_STRING "key", its value, the statement.
		p := append([]byte{1, 1, 0, 1, byte(protocol.TypeVarString), 0, 3}, "key"...)
		p = append(append(p, 5), "value"...)
		results, err := c.Command(protocol.ComQuery, append(p, "SELECT 1"...)...)
		seen.answer("with an attribute", results, err)
		results, err = c.Command(protocol.ComQuery, append([]byte{0, 1}, "SELECT 2"...)...)
		seen.answer("without", results, err)
	})
}
