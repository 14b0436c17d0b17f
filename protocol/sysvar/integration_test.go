//go:build integration

package sysvar

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"parkway/bench/servers"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// The tests TestReal... hold the tables of this package against real servers. PARKWAY_FLAVOR says whose: mariadb, which is the
// default, or mysql. Where those are not installed, the tests fail.

var shared *servers.Shared

func TestMain(m *testing.M) { servers.Main(m, &shared) }

func mariaDB() bool {
	flavor, err := servers.ParseFlavor(os.Getenv("PARKWAY_FLAVOR"))
	return err == nil && flavor == servers.MariaDB
}

// conn is a connection with its trackers on.
type conn struct {
	*mysqltest.Client
	t testing.TB
}

// report is what the trackers said to a statement.
type report struct {
	vars   []pair // by name
	schema *string
	state  bool
}

// String is what the tests compare: `name="value" schema="name" state`.
func (r report) String() string {
	var list []string
	for _, v := range r.vars {
		list = append(list, fmt.Sprintf("%s=%q", v.name, v.value))
	}
	if r.schema != nil {
		list = append(list, fmt.Sprintf("schema=%q", *r.schema))
	}
	if r.state {
		list = append(list, "state")
	}
	return strings.Join(list, " ")
}

// login opens a connection without trackers.
func login(t testing.TB, charset byte) *conn {
	t.Helper()
	server := shared.T(t).Servers[0]
	c := mysqltest.Dial(t, mysqltest.ClientConfig{
		Addr:         net.JoinHostPort(server.Host, strconv.Itoa(server.Port)),
		Capabilities: mysqltest.BaseCapabilities | protocol.ClientSessionTrack | protocol.ClientDeprecateEOF,
		Charset:      charset,
	})
	return &conn{Client: c, t: t}
}

// tracked opens one with trackers for these variables.
func tracked(t testing.TB, list []byte) *conn {
	t.Helper()
	c := login(t, 45)
	c.must(string(AppendTrackerQuery(nil, list)))
	return c
}

// try runs a statement and gives what its OK packets reported.
func (c *conn) try(sql string) (report, error) {
	results, err := c.Query(sql)
	var r report
	for _, result := range results {
		r.read(result.OK.StateChanges)
	}
	slices.SortFunc(r.vars, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	return r, err
}

func (c *conn) must(sql string) report {
	c.t.Helper()
	r, err := c.try(sql)
	if err != nil {
		c.t.Fatalf("%.200s: %v", sql, err)
	}
	return r
}

func (r *report) read(block []byte) {
	for it := protocol.NewStateChanges(block); it.Next(); {
		switch change := it.Change(); change.Type {
		case protocol.TrackSystemVariables:
			r.vars = append(r.vars, pair{strings.ToLower(string(change.Name)), string(change.Value)})
		case protocol.TrackSchema:
			schema := string(change.Value)
			r.schema = &schema
		}
	}
	r.state = r.state || bytes.Contains(block, []byte{byte(protocol.TrackStateChange), 1, '1'})
}

// rows runs a query.
func (c *conn) rows(sql string) [][]string {
	c.t.Helper()
	results, err := c.Query(sql)
	if err != nil {
		c.t.Fatalf("%s: %v", sql, err)
	}
	rows, err := results[0].Text()
	if err != nil {
		c.t.Fatal(err)
	}
	return rows
}

// variables are the session's, but for those that differ from one connection to the next.
func (c *conn) variables() map[string]string {
	c.t.Helper()
	m := map[string]string{}
	for _, row := range c.rows("SHOW SESSION VARIABLES") {
		name := strings.ToLower(row[0])
		switch name {
		case "timestamp", "rand_seed1", "rand_seed2", "pseudo_thread_id", "statement_id", "warning_count", "in_transaction":
		default:
			m[name] = row[1]
		}
	}
	return m
}

// trackList asks the server for its variables and gives the list with them.
func trackList(t testing.TB) (names []string, list []byte) {
	t.Helper()
	c := login(t, 45)
	for _, query := range NamesQueries {
		results, err := c.Query(query)
		if err != nil {
			continue
		}
		rows, err := results[0].Text()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			names = append(names, strings.ToLower(row[0]))
		}
		return names, TrackList(names)
	}
	t.Fatal("none of NamesQueries works")
	return nil, nil
}

// differences compares two sets of variables.
func differences(a, b map[string]string) []string {
	var list []string
	for name, value := range a {
		if b[name] != value {
			list = append(list, fmt.Sprintf("%s: %q and %q", name, value, b[name]))
		}
	}
	slices.Sort(list)
	return list
}

// errorCode is the number of an error of the server's.
func errorCode(err error) string {
	var e *protocol.ERR
	if errors.As(err, &e) {
		return strconv.Itoa(int(e.Code))
	}
	return err.Error()
}
