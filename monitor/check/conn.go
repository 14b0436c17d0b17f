package check

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// conn is a connection to a server. It is used by one goroutine at a time.
type conn struct {
	driver.Conn
	socket  net.Conn
	account Account
	address string
	used    time.Time // when it was last given back
}

// closeTimeout is for COM_QUIT, to a server that may not read any more.
const closeTimeout = time.Second

func (c *conn) close() {
	_ = c.socket.SetDeadline(time.Now().Add(closeTimeout))
	_ = c.Conn.Close() // of no interest: nothing is under way
	c.socket.Close()
}

func (c *conn) ping() error { return c.Conn.(driver.Pinger).Ping(context.Background()) }

// table is a result set; a nil value is NULL.
type table struct {
	Columns []string
	Rows    [][]*string
}

// maxRows bounds what is read of a result set: a server has few primaries.
const maxRows = 1000

// query runs a statement that answers with a result set.
func (c *conn) query(text string) (*table, error) {
	rows, err := c.Conn.(driver.QueryerContext).QueryContext(context.Background(), text, nil)
	if err != nil {
		return nil, err
	}
	t := &table{Columns: rows.Columns()}
	values := make([]driver.Value, len(t.Columns))
	for len(t.Rows) < maxRows {
		switch err := rows.Next(values); {
		case errors.Is(err, io.EOF):
			return t, rows.Close()
		case err != nil:
			rows.Close()
			return nil, err
		}
		row := make([]*string, len(values))
		for i, v := range values {
			row[i] = textOf(v)
		}
		t.Rows = append(t.Rows, row)
	}
	rows.Close()
	return nil, fmt.Errorf("%s: more than %d rows", text, maxRows)
}

// textOf is a value as text, nil for NULL.
func textOf(v driver.Value) *string {
	var text string
	switch v := v.(type) {
	case nil:
		return nil
	case []byte:
		text = string(v)
	default:
		text = fmt.Sprint(v)
	}
	return &text
}
