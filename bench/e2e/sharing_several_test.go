package e2e

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"parkway/bench/proxy"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// severalTexts are texts of several statements that leave nothing behind which another connection can't be given; # is the client's number.
// After each, the client finds what the last line of them shows.
var severalTexts = []struct{ sql, shows, want string }{
	{"SET @m=#; DO 1", "SELECT @m", "#"},
	{"SET @m=1#; SET @n='client;#', @o=-1.5; SELECT @m, @n; SET @p=NULL", "SELECT CONCAT_WS('|', @m, @n, @o, @p IS NULL)", "1#|client;#|-1.5|1"},
	{"SET NAMES latin1 COLLATE latin1_german1_ci; SET @c='x'; SET NAMES utf8mb4; SET @d='x'", "SELECT CONCAT_WS('|', COLLATION(@c), CHARSET(@d), @@character_set_client)", "latin1_german1_ci|utf8mb4|utf8mb4"},
	{"SET time_zone='+0#:00'; USE information_schema; SELECT 1; SET SESSION group_concat_max_len=20#", "SELECT CONCAT_WS('|', @@time_zone, DATABASE(), @@group_concat_max_len)", "+0#:00|information_schema|20#"},
	{"USE app; INSERT INTO several VALUES (#); SET @m=7#; UPDATE several SET a=a; BEGIN; DELETE FROM several WHERE a=#; COMMIT", "SELECT @m", "7#"},
	{"SET @m='set'; SELECT * FROM missing; SET @m='not set'", "SELECT @m", "set"},
	{"SET @m=5; INSERT INTO unique_one VALUES (1), (1); SET @m=6", "SELECT @m", "5"},
}

// "Multiplexing lost for ever after one @x (1250, 1807)", behind a text of several statements: clients go on sharing, and each has what it has set,
// whatever of it has failed.
func TestMultiplexingSurvivesSeveralStatements(t *testing.T) {
	p, s := sharingProxy(t, sharedLimit, nil)
	setUp := dialSharers(t, s, 1)[0]
	mustQuery(t, setUp, "DROP TABLE IF EXISTS several, unique_one", "CREATE TABLE several (a INT)", "CREATE TABLE unique_one (a INT PRIMARY KEY)")
	t.Cleanup(func() { mustQuery(t, setUp, "DROP TABLE several, unique_one") })
	const pairs = 3
	clients := make([]*mysqltest.Client, 2*pairs)
	for i := range clients {
		more := protocol.Capability(0)
		if i%2 == 1 {
			more = protocol.ClientDeprecateEOF | protocol.ClientSessionTrack
		}
		clients[i] = s.dial(t, more)
	}
	for _, text := range severalTexts {
		for i, c := range clients {
			_, err := c.Query(numbered(text.sql, i))
			if code := codeOf(err); (err != nil) != (code == 1146 || code == 1062) {
				t.Fatalf("client %d: %s: %v; kept: %v", i, text.sql, err, kept(t, p))
			}
		}
		for i, c := range clients {
			if got, want := value(t, c, text.shows), numbered(text.want, i); got != want {
				t.Errorf("client %d behind %s reads %s, want %s", i, text.sql, got, want)
			}
		}
	}
	if pins := kept(t, p); len(pins) > 0 {
		t.Errorf("connections were kept: %v", pins)
	}
}

// numbered is a text for one of several clients.
func numbered(text string, client int) string {
	return strings.ReplaceAll(text, "#", strconv.Itoa(client))
}

// What only the server knows behind such a text keeps the connection, and is there.
func TestSeveralStatementsThatKeep(t *testing.T) {
	p, s := sharingProxy(t, sharers, nil)
	clients := dialSharers(t, s, 2)
	c, other := clients[0], clients[1]
	mustQuery(t, other, "DROP PROCEDURE IF EXISTS several_results", "CREATE PROCEDURE several_results() BEGIN SELECT 1; SELECT 2; SET @by='procedure'; END")
	t.Cleanup(func() { mustQuery(t, other, "DROP PROCEDURE several_results") })
	for _, test := range []struct{ sql, shows, want, pin string }{
		{"SET @m=1; SET @n=RAND()*0+3", "SELECT @n", "3", "user_variable"},
		{"SET @m=1; SELECT @m:=@m+1; SET @n=4", "SELECT CONCAT(@m, @n)", "24", "user_variable"},
		{"SET @m=1; CALL several_results(); SET @m=2", "SELECT CONCAT(@by, @m)", "procedure2", "user_variable"},
		{"SET sql_mode='ANSI_QUOTES'; SET @m=1; SET sql_mode=''", "SELECT @m", "1", "user_variable"},
		{"DO 1; CREATE TEMPORARY TABLE several_temporary (a INT); DO 2", "SELECT COUNT(*) FROM several_temporary", "0", "temporary_table"},
	} {
		before := kept(t, p)
		mustQuery(t, c, test.sql)
		mustQuery(t, other, "DO 1")
		if got := value(t, c, test.shows); got != test.want {
			t.Errorf("behind %s: %s, want %s", test.sql, got, test.want)
		}
		if after := kept(t, p); after[test.pin] == before[test.pin] {
			t.Errorf("%s: kept for %v", test.sql, after)
		}
		if _, err := c.Command(protocol.ComResetConnection); err != nil {
			t.Fatal(err)
		}
	}
}

// kept is how often a connection was kept for what does not pass by itself, by reason.
func kept(t *testing.T, p *proxy.Proxy) map[string]float64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	m, err := p.Metrics(ctx)
	if err != nil {
		t.Fatal(err)
	}
	list := make(map[string]float64)
	for name, n := range m {
		reason, ok := strings.CutPrefix(name, `parkway_pins_total{reason="`)
		switch reason = strings.TrimSuffix(reason, `"}`); {
		case !ok, n == 0:
		case reason == "transaction", reason == "warnings", reason == "found_rows", reason == "row_count", reason == "insert_id", reason == "unreported":
		default:
			list[reason] = n
		}
	}
	return list
}
