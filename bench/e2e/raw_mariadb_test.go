package e2e

import (
	"encoding/binary"
	"testing"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// dialMariaDB is dial for a client of MariaDB's, which has extended
// capabilities.
func (s side) dialMariaDB(t testing.TB, more protocol.Capability) *mysqltest.Client {
	t.Helper()
	return mysqltest.Dial(t, mysqltest.ClientConfig{
		Addr: s.address(), User: "app", Password: "app", Database: "app", Timeout: patience,
		Capabilities: mysqltest.BaseCapabilities&^protocol.ClientLongPassword | more,
	})
}

// extended are MariaDB's capabilities that the proxy carries.
const extended = protocol.MariaDBProgress | protocol.MariaDBStmtBulk | protocol.MariaDBExtendedMetadata

func TestMariaDBBulk(t *testing.T) {
	if isMySQL(t) {
		t.Skip("MySQL has no COM_STMT_BULK_EXECUTE")
	}
	for _, d := range dialects {
		same(t, func(t *testing.T, s side, seen *transcript) {
			c := s.dialMariaDB(t, extended|d.caps)
			if !c.Capabilities.Has(extended) {
				t.Fatalf("%s: %v agreed on", s.name, c.Capabilities)
			}
			query(c, seen, "CREATE OR REPLACE TABLE bulk (id INT AUTO_INCREMENT PRIMARY KEY, n INT UNIQUE)")
			for _, test := range []struct {
				sql  string
				rows []byte // of n
			}{
				{"INSERT INTO bulk (n) VALUES (?)", []byte{1, 2, 3}},
				{"INSERT INTO bulk (n) VALUES (?) RETURNING id, n", []byte{4, 5}},
				{"INSERT INTO bulk (n) VALUES (?)", []byte{6, 1}},
			} {
				p := binary.LittleEndian.AppendUint32(nil, prepare(t, c, test.sql).StatementID)
				p = append(p, 0x80, 0, byte(protocol.TypeLong), 0) // types follow
				for _, n := range test.rows {
					p = append(p, 0, n, 0, 0, 0) // a value follows
				}
				p = append(p, 1) // NULL
				results, err := c.Command(protocol.ComStmtBulkExecute, p...)
				seen.answer(test.sql, results, err)
			}
			query(c, seen, "SELECT * FROM bulk ORDER BY id", "DROP TABLE bulk")
		})
	}
}

// A client that asked for them gets progress reports in the midst of an answer,
// another does not.
func TestMariaDBProgress(t *testing.T) {
	if isMySQL(t) {
		t.Skip("MySQL reports no progress")
	}
	for _, test := range []struct {
		name string
		caps protocol.Capability
	}{{"asked for", protocol.MariaDBProgress}, {"not asked for", protocol.MariaDBExtendedMetadata}} {
		t.Run(test.name, func(t *testing.T) {
			same(t, func(t *testing.T, s side, seen *transcript) {
				c := s.dialMariaDB(t, test.caps)
				query(c, seen, "CREATE OR REPLACE TABLE slow (a VARCHAR(1))", "INSERT INTO slow SELECT 'x' FROM seq_1_to_1000")
				// The server reports that it goes on to the next stage.
				if err := c.WriteCommand(protocol.ComQuery, []byte("ALTER TABLE slow ADD COLUMN b INT, ALGORITHM=COPY")...); err != nil {
					t.Fatal(err)
				}
				reports := readReports(t, c, seen)
				if (reports > 0) != test.caps.Has(protocol.MariaDBProgress) {
					t.Errorf("%s: %d progress reports", s.name, reports)
				}
				query(c, seen, "SELECT COUNT(*), SUM(b IS NULL) FROM slow", "DROP TABLE slow")
			})
		})
	}
}

// readReports reads progress reports, which are ERR packets by their form, and
// the OK packet after them.
func readReports(t *testing.T, c *mysqltest.Client, seen *transcript) (reports int) {
	t.Helper()
	const reportCode = 0xffff
	for {
		p, err := c.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		seen.addf("packet %q", p)
		if p[0] == 0x00 {
			return reports
		}
		if p[0] != 0xff || binary.LittleEndian.Uint16(p[1:]) != reportCode {
			t.Fatalf("%q is neither OK nor a progress report", p)
		}
		reports++
	}
}
