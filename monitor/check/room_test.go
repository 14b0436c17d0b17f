package check

import (
	"errors"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"

	"parkway/protocol/mysqltest"
)

// An account that may have one connection is enough for all kinds of checks, at once; that it is too few is told once.
func TestOneConnectionIsEnough(t *testing.T) {
	mysqltest.CheckLeaks(t)
	s := server(t, func(c *mysqltest.ServerConfig) {
		c.Fault.Places = 1
		c.Queries[statusStatements[0]] = mysqltest.Rows([]string{"Seconds_Behind_Master"}, []string{"7"})
	})
	g := target(t, s.Addr())
	told := 0
	var mu sync.Mutex
	for range 5 {
		var all sync.WaitGroup
		for kind := range Kind(NumKinds) {
			all.Go(func() {
				r := g.Check(kind, account, patience)
				mu.Lock()
				defer mu.Unlock()
				want(t, r, OK, "")
				if r.NoRoom != nil {
					told++
				}
			})
		}
		all.Wait()
	}
	if told != 1 || g.Idle() != 1 {
		t.Errorf("told %d times, %d connections kept", told, g.Idle())
	}
}

// Who holds the only place does so for longer than a check may take: that is an answer of the server's.
func TestNoRoomAtAll(t *testing.T) {
	mysqltest.CheckLeaks(t)
	s := server(t, func(c *mysqltest.ServerConfig) { c.Fault.Places = 1 })
	other := target(t, s.Addr())
	want(t, other.Check(Ping, account, patience), OK, "")
	g := target(t, s.Addr())
	for range 2 {
		r := g.Check(Ping, account, patience/20)
		want(t, r, Refused, "max_user_connections")
		if r.Fix != "ALTER USER 'monitor'@'%' WITH MAX_USER_CONNECTIONS 5" {
			t.Errorf("%q", r.Fix)
		}
	}
	other.Close()
	want(t, g.Check(Ping, account, patience), OK, "")
}

func TestNoRoom(t *testing.T) {
	for _, test := range []struct {
		err  error
		want bool
	}{
		{errors.New("away"), false},
		{&mysql.MySQLError{Number: 1203, Message: "User mon already has more than 'max_user_connections' active connections"}, true},
		{&mysql.MySQLError{Number: 1226, Message: "User 'mon' has exceeded the 'max_user_connections' resource (current value: 1)"}, true},
		{&mysql.MySQLError{Number: 1226, Message: "User 'mon' has exceeded the 'max_queries_per_hour' resource (current value: 1)"}, false},
		{&mysql.MySQLError{Number: 1040, Message: "Too many connections"}, false},
	} {
		if NoRoom(test.err) != test.want {
			t.Errorf("%v", test.err)
		}
	}
}
