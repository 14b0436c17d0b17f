package kill

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/rs/zerolog"

	"parkway/protocol/mysqltest"
)

// Why there is no connection is logged once for each kind of cause, until there is one again.
func TestCausesAreLoggedOnce(t *testing.T) {
	var log mysqltest.Log
	server := managerOf(t, "127.0.0.1:1", "").Targets()[0].Server
	tg := newTarget(zerolog.New(&log), server, account)
	tg.used = account
	fail := func() {
		for port := range 3 {
			tg.note(fmt.Errorf("read tcp 127.0.0.1:%d->127.0.0.1:1: i/o timeout", port))
			tg.note(errors.New("connection refused"))
			tg.note(&mysql.MySQLError{Number: 1045, Message: fmt.Sprint("Access denied ", port)})
			tg.note(errUnresolved)
		}
	}
	lines := func() int { return strings.Count(log.String(), "no connection that kills") }
	fail()
	if lines() != 2 || strings.Contains(log.String(), `"fix":""`) || strings.Contains(log.String(), "resolve") {
		t.Errorf("%s", &log)
	}
	tg.note(nil)
	fail()
	if lines() != 4 {
		t.Errorf("%s", &log)
	}
	tg.note(nil)
	tg.note(fmt.Errorf("ping: %w", context.DeadlineExceeded))
	if lines() != 5 || !strings.Contains(log.String(), `"error":"no answer in time"`) {
		t.Errorf("%s", &log)
	}
	tg.abort()
}
