package e2e

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"

	"parkway/bench/proxy"
)

// driverLog is what go-sql-driver complains of.
type driverLog struct {
	mu    sync.Mutex
	lines []string
}

func (l *driverLog) Print(v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprint(v...))
}

// Clients that ask one statement after the other when their server is taken offline read why, each as the answer to a statement: none finds an error
// behind another answer, at which go-sql-driver loses its place ("busy buffer").
func TestDriverReadsWhyItsServerWasTaken(t *testing.T) {
	config := shared(t).config()
	config.Variables["multiplexing"] = false
	p := parkway.StartT(t, proxy.Options{Config: config})
	s := side{name: "own proxy", host: p.Host, port: p.Port}
	said := new(driverLog)
	c := s.config(t, "")
	c.Logger = said
	db := openConfig(t, c)
	const clients = 16
	errs := make([]error, clients)
	var asking, begun sync.WaitGroup
	begun.Add(clients)
	for i := range errs {
		asking.Go(func() {
			conn, err := db.Conn(t.Context())
			if err == nil {
				defer conn.Close()
				_, err = conn.ExecContext(t.Context(), "DO 1")
			}
			begun.Done()
			for err == nil {
				_, err = conn.ExecContext(t.Context(), "DO 1")
			}
			errs[i] = err
		})
	}
	begun.Wait()
	config.Servers[0].Status = "OFFLINE_HARD"
	if err := p.WriteConfig(config); err != nil {
		t.Fatal(err)
	}
	reload(t, p, reloaded)
	asking.Wait()
	for i, err := range errs {
		var read *mysql.MySQLError
		if !errors.As(err, &read) || !strings.Contains(read.Message, "OFFLINE_HARD") {
			t.Errorf("client %d: %v", i, err)
		}
	}
	said.mu.Lock()
	defer said.mu.Unlock()
	if len(said.lines) > 0 {
		t.Errorf("the driver complains: %q", said.lines)
	}
}
