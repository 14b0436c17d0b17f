package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"parkway/bench/proxy"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// sharedTexts are statements that clients have open all at once, with what they answer to a number and a text. The same text
// is asked with both kinds of parameters: MySQL remembers with a statement which came first.
var sharedTexts = []struct {
	sql  string
	want func(n int, s string) string
}{
	{"SELECT CONCAT(? + 1, '/', ?)", func(n int, s string) string { return fmt.Sprintf("%d/%s", n+1, s) }},
	{"SELECT CONCAT(?, '-', UPPER(?))", func(n int, s string) string { return fmt.Sprintf("%d-%s", n, strings.ToUpper(s)) }},
	{"SELECT CONCAT(?, '=', HEX(?))", func(n int, s string) string { return fmt.Sprintf("%d=%X", n, s) }},
	{"SELECT CONCAT(? * 2, LENGTH(?))", func(n int, s string) string { return fmt.Sprintf("%d%d", 2*n, len(s)) }},
}

// sharer is a client of go-sql-driver with all of sharedTexts open.
func sharer(ctx context.Context, db *sql.DB, seed uint64, rounds int) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	statements := make([]*sql.Stmt, len(sharedTexts))
	for i, text := range sharedTexts {
		if statements[i], err = conn.PrepareContext(ctx, text.sql); err != nil {
			return fmt.Errorf("%s: %w", text.sql, err)
		}
		defer statements[i].Close()
	}
	random := rand.New(rand.NewPCG(seed, 0))
	for range rounds {
		i, n := random.IntN(len(sharedTexts)), random.IntN(1000)
		text := fmt.Sprintf("client %d says %d", seed, n)
		if random.IntN(10) == 0 {
			text = strings.Repeat(text, 10000) // beyond what is held back
		}
		var got string
		if err := statements[i].QueryRowContext(ctx, n, text).Scan(&got); err != nil {
			return fmt.Errorf("%s: %w", sharedTexts[i].sql, err)
		}
		if want := sharedTexts[i].want(n, text); got != want {
			return fmt.Errorf("%s answers %.200q, want %.200q", sharedTexts[i].sql, got, want)
		}
		if random.IntN(8) == 0 {
			statements[i].Close()
			if statements[i], err = conn.PrepareContext(ctx, sharedTexts[i].sql); err != nil {
				return err
			}
		}
	}
	return nil
}

// Many clients of a library, with many statements open each, share two connections of which each keeps few statements.
func TestStatementsAreShared(t *testing.T) {
	for name, keep := range map[string]int{"all": 100, "two": 2} {
		t.Run("a connection keeps "+name, func(t *testing.T) {
			_, s := sharingProxy(t, sharedLimit, func(c *proxy.Config) { c.Variables["max_stmts_per_connection"] = keep })
			db := s.open(t, "")
			db.SetMaxIdleConns(sharers)
			var running sync.WaitGroup
			failed := make([]error, sharers)
			for i := range failed {
				running.Go(func() { failed[i] = sharer(t.Context(), db, uint64(i), 40) })
			}
			running.Wait()
			for i, err := range failed {
				if err != nil {
					t.Errorf("client %d: %v", i, err)
				}
			}
		})
	}
}

// Cursors and long data of many clients, in turns, and an execution that is longer than a packet on a connection that has not
// heard of its types.
func TestStatementsOfManyClientsInTurns(t *testing.T) {
	_, s := sharingProxy(t, sharers, nil)
	clients := dialSharers(t, s, sharers)
	rows := make([]*mysqltest.Statement, len(clients))
	long := make([]*mysqltest.Statement, len(clients))
	for i, c := range clients {
		rows[i], long[i] = prepare(t, c, tenRows), prepare(t, c, "SELECT CONCAT(?, LENGTH(?))")
		if _, err := rows[i].ExecuteFlags(protocol.CursorReadOnly, []byte("1")); err != nil {
			t.Fatal(err)
		}
		if err := long[i].SendLongData(0, fmt.Appendf(nil, "client %d ", i)); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int{4, 4, 2} {
		for i := range clients {
			fetched, err := rows[i].Fetch(4)
			if err != nil || len(fetched.Rows) != want {
				t.Fatalf("client %d fetches %d rows, %v", i, len(fetched.Rows), err)
			}
		}
	}
	for i := range clients {
		results, err := long[i].Execute(nil, []byte("1234567"))
		if err != nil || !bytes.Contains(results[0].Rows[0], fmt.Appendf(nil, "client %d 7", i)) {
			t.Fatalf("client %d: %+v, %v", i, results, err)
		}
	}
	// Without types, on a connection that others have used since.
	value := bytes.Repeat([]byte("x"), protocol.MaxPayload-5)
	first := long[0].ExecutePayload(0, []byte("a"), value)
	if _, err := clients[0].Command(protocol.ComStmtExecute, first[1:]...); err != nil {
		t.Fatal(err)
	}
	mustQuery(t, clients[1], "BEGIN")
	types := protocol.ExecuteLen + 1
	payload := append(append(first[:types:types], 0), first[types+1+4:]...)
	results, err := clients[0].Command(protocol.ComStmtExecute, payload[1:]...)
	if err != nil || !bytes.Contains(results[0].Rows[0], fmt.Appendf(nil, "a%d", len(value))) {
		t.Errorf("%+v, %v", results, err)
	}
	mustQuery(t, clients[1], "COMMIT")
}
