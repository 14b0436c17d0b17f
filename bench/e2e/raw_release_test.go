package e2e

import (
	"testing"

	"parkway/protocol"
)

// COMMIT RELEASE and its like end the client's connection with the server's, and nobody else's.
func TestRawRelease(t *testing.T) {
	for _, sql := range []string{"COMMIT RELEASE", "ROLLBACK WORK AND NO CHAIN RELEASE", "COMMIT AND CHAIN", "ROLLBACK NO RELEASE", "BEGIN; COMMIT RELEASE"} {
		same(t, func(t *testing.T, s side, seen *transcript) {
			c, other := s.dial(t, protocol.ClientMultiStatements), s.dial(t, 0)
			query(c, seen, "BEGIN", "SELECT 1", sql)
			query(other, seen, "DO 1")
			_, err := c.Query("SELECT 2")
			seen.addf("behind %s it goes on: %t", sql, err == nil)
		})
	}
	same(t, func(t *testing.T, s side, seen *transcript) {
		c := s.dial(t, 0)
		st := prepare(t, c, "COMMIT RELEASE")
		query(c, seen, "SELECT 'it was only prepared'")
		results, err := st.Execute()
		seen.answer("executed", results, err)
		_, err = c.Query("SELECT 2")
		seen.addf("it goes on: %t", err == nil)
	})
	// completion_type makes the ends of transactions that say nothing of it release, and only those.
	for _, sql := range []string{"COMMIT", "ROLLBACK", "COMMIT NO RELEASE", "COMMIT AND CHAIN", "BEGIN", "SET completion_type = DEFAULT; COMMIT"} {
		same(t, func(t *testing.T, s side, seen *transcript) {
			c := s.dial(t, protocol.ClientMultiStatements)
			query(c, seen, "SET completion_type = 'RELEASE'", "BEGIN", "SELECT 1", sql)
			for range 3 {
				query(s.dial(t, 0), seen, "DO 1")
			}
			_, err := c.Query("SELECT 2")
			seen.addf("behind %s with completion_type it goes on: %t", sql, err == nil)
		})
	}
}
