package users

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"parkway/config"
	"parkway/protocol/auth"
)

const someHash = "*14E65567ABDB5135D0CFD9A70B3032C179A49EE7" // of "secret"

func newTable(t testing.TB, old *Table, rows ...config.MySQLUser) *Table {
	t.Helper()
	table, err := NewTable(rows, old)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func find(t testing.TB, table *Table, name string) *User {
	t.Helper()
	u, ok := table.Find(name)
	if !ok {
		t.Fatalf("no user %s", name)
	}
	return u
}

func row(name, password string) config.MySQLUser {
	return config.MySQLUser{Username: name, Password: password, MaxConnections: 10, Active: true}
}

func TestFind(t *testing.T) {
	inactive := row("gone", "secret")
	inactive.Active = false
	app := config.MySQLUser{Username: "app", Password: "secret", DefaultHostgroup: 7, DefaultSchema: "shop", MaxConnections: 3,
		TransactionPersistent: true, Active: true}
	table := newTable(t, nil, app, inactive)

	u := find(t, table, "app")
	password, err := auth.ParsePassword("secret")
	if err != nil {
		t.Fatal(err)
	}
	if u.Name != "app" || u.Password != password || u.DefaultHostgroup != 7 || u.DefaultSchema != "shop" || u.MaxConnections != 3 ||
		!u.TransactionPersistent || !u.Active {
		t.Errorf("got %+v", u)
	}
	for _, name := range []string{"gone", "App", "", "app "} {
		if u, ok := table.Find(name); ok || u != nil {
			t.Errorf("found %q: %+v", name, u)
		}
	}
}

func TestNewTableErrors(t *testing.T) {
	table, err := NewTable([]config.MySQLUser{row("app", "*14E65567ABDB5135D0CFD9A70B3032C179A49EE"), row("twice", "a"), row("twice", "b"), row("good", "c")}, nil)
	if table != nil || err == nil {
		t.Fatalf("table %v, error %v", table, err)
	}
	for _, want := range []string{"user 'app'", "user 'twice' is defined twice"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "14E6") {
		t.Errorf("the error shows a password: %v", err)
	}
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) || len(joined.Unwrap()) != 2 {
		t.Errorf("want two errors: %v", err)
	}
}

func TestReload(t *testing.T) {
	secret := auth.ClearCredential("secret")
	first := newTable(t, nil, row("same", someHash), row("changed", someHash), row("removed", "x"), row("idle", "x"))
	for _, name := range []string{"same", "changed"} {
		u := find(t, first, name)
		u.Learn(secret)
		u.Enter()
	}
	find(t, first, "removed").Enter()

	second := newTable(t, first, row("same", strings.ToLower(someHash)), row("changed", "secret2"), row("new", someHash))
	if u := find(t, second, "same"); u.Connections() != 1 {
		t.Errorf("same: %d connections", u.Connections())
	} else if c, ok := u.Learned(); !ok || c != secret {
		t.Error("same: the learned credential was lost")
	}
	if u := find(t, second, "changed"); u.Connections() != 1 {
		t.Errorf("changed: %d connections", u.Connections())
	} else if c, _ := u.Learned(); c != auth.ClearCredential("secret2") {
		t.Error("changed: not the new password's credential")
	}
	if _, ok := find(t, second, "new").Learned(); ok {
		t.Error("new: something is known")
	}

	// A login that began before the reload must not teach the new password's user.
	third := newTable(t, second, row("same", hashOfOther))
	find(t, second, "same").Learn(secret)
	if _, ok := find(t, third, "same").Learned(); ok {
		t.Error("a credential of the old password was learned")
	}

	// Connections of a removed user count again when the user comes back, and leave through the table they came by.
	fourth := newTable(t, third, row("removed", "x"), row("idle", "x"))
	u := find(t, fourth, "removed")
	if u.Connections() != 1 {
		t.Errorf("came back with %d connections", u.Connections())
	}
	find(t, first, "removed").Leave()
	if u.Connections() != 0 {
		t.Errorf("%d connections after the last one left", u.Connections())
	}
}

const hashOfOther = "*0000000000000000000000000000000000000001"

func TestInactiveUserKeepsCounting(t *testing.T) {
	first := newTable(t, nil, row("app", "x"))
	find(t, first, "app").Enter()
	inactive := row("app", "x")
	inactive.Active = false
	third := newTable(t, newTable(t, first, inactive), row("app", "x"))
	if n := find(t, third, "app").Connections(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// What unknown users look like: the same for the same name, over reloads too, and as mixed as the known ones.
func TestDecoy(t *testing.T) {
	mixed := []config.MySQLUser{row("a", "x"), row("b", someHash), row("c", "y"), row("d", "")}
	tests := []struct {
		name     string
		rows     []config.MySQLUser
		min, max int // of 1000 names, how many have a hash
	}{
		{"no users", nil, 0, 0},
		{"clear", mixed[:1], 0, 0},
		{"hash", mixed[1:2], 1000, 1000},
		{"mixed", mixed, 150, 350},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table := newTable(t, nil, tt.rows...)
			next := newTable(t, table, tt.rows...)
			hashed := 0
			for i := range 1000 {
				name := fmt.Sprint("nobody", i)
				p := table.Decoy(name)
				if p == (auth.Password{}) {
					t.Fatal("an empty password as decoy")
				}
				if p.Hashed() {
					hashed++
				}
				if next.Decoy(name).Hashed() != p.Hashed() {
					t.Fatalf("%s changed its kind by a reload", name)
				}
			}
			if hashed < tt.min || hashed > tt.max {
				t.Errorf("%d of 1000 are hashes", hashed)
			}
		})
	}
}

func TestLearn(t *testing.T) {
	table := newTable(t, nil, row("hash", someHash), row("clear", "secret"), row("empty", ""))
	u := find(t, table, "hash")
	u.Learn(auth.Credential{})
	if _, ok := u.Learned(); ok {
		t.Error("learned nothing, knows something")
	}

	native := nativeCredential(t, u)
	u.Learn(native)
	if c, ok := u.Learned(); !ok || c != native {
		t.Error("a native login taught nothing")
	}
	u.Learn(auth.ClearCredential("secret"))
	u.Learn(native)
	if c, _ := u.Learned(); c != auth.ClearCredential("secret") {
		t.Error("the better credential was replaced by a worse one")
	}

	for name, want := range map[string]auth.Credential{"clear": auth.ClearCredential("secret"), "empty": auth.ClearCredential("")} {
		if c, ok := find(t, table, name).Learned(); !ok || c != want {
			t.Errorf("%s: the table alone gives nothing", name)
		}
	}
}

// nativeCredential is what the native login of a user with password "secret" reveals.
func nativeCredential(t *testing.T, u *User) auth.Credential {
	t.Helper()
	nonce := auth.NewNonce()
	client := auth.NewClient(auth.ClientConfig{Plugin: auth.NativePassword, Nonce: nonce[:], Credential: auth.ClearCredential("secret")})
	answer, _, err := client.Step(nil)
	if err != nil {
		t.Fatal(err)
	}
	server := auth.NewServer(auth.ServerConfig{Password: u.Password, Known: true, Nonce: nonce, Plugin: auth.NativePassword})
	if _, done, err := server.Step(answer); !done {
		t.Fatalf("login of %s: %v, answer %s", u.Name, err, hex.EncodeToString(answer))
	}
	return server.Credential()
}

func TestLimit(t *testing.T) {
	limited, unlimited := row("limited", ""), row("unlimited", "")
	limited.MaxConnections, unlimited.MaxConnections = 2, 0
	table := newTable(t, nil, limited, unlimited)
	u := find(t, table, "limited")
	for i, want := range []bool{true, true, false, false} {
		if got := u.Enter(); got != want {
			t.Fatalf("Enter %d: %v", i, got)
		}
	}
	u.Leave()
	if !u.Enter() || u.Enter() {
		t.Error("a connection that left makes room for exactly one")
	}
	for range 100 {
		if !find(t, table, "unlimited").Enter() {
			t.Fatal("refused without a limit")
		}
	}

	// A lower limit refuses new connections and cuts none.
	limited.MaxConnections = 1
	lower := find(t, newTable(t, table, limited), "limited")
	if lower.Connections() != 2 || lower.Enter() {
		t.Error("the lower limit is not kept")
	}
	lower.Leave()
	lower.Leave()
	if !lower.Enter() {
		t.Error("refused below the lower limit")
	}
}

func TestLimitConcurrent(t *testing.T) {
	const limit, threads = 5, 50
	r := row("app", "")
	r.MaxConnections = limit
	u := find(t, newTable(t, nil, r), "app")
	var wg sync.WaitGroup
	entered := make(chan bool, threads)
	for range threads {
		wg.Go(func() {
			if u.Enter() {
				entered <- true
			}
			u.Learn(auth.ClearCredential(""))
			u.Learned()
		})
	}
	wg.Wait()
	if len(entered) != limit || u.Connections() != limit {
		t.Errorf("%d entered, %d counted, limit %d", len(entered), u.Connections(), limit)
	}
}

func BenchmarkEnterLeave(b *testing.B) {
	u := find(b, newTable(b, nil, config.MySQLUser{Username: "app", MaxConnections: 1 << 30, Active: true}), "app")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			u.Enter()
			u.Leave()
		}
	})
}
