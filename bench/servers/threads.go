package servers

import (
	"context"
	"fmt"
	"strconv"
)

// Thread is one line of SHOW FULL PROCESSLIST: a connection, or one of the
// server's own threads.
type Thread struct {
	ID      uint64
	User    string
	Host    string // "127.0.0.1:54321"
	DB      string
	Command string // "Sleep", "Query", "Binlog Dump"
	State   string
	Info    string // the running statement
}

// Threads lists what the server is doing. The harness's own connections are
// root's.
func (s *Server) Threads(ctx context.Context) ([]Thread, error) {
	rows, err := s.queryMaps(ctx, "SHOW FULL PROCESSLIST")
	if err != nil {
		return nil, fmt.Errorf("server %d: %w", s.index, err)
	}
	threads := make([]Thread, 0, len(rows))
	for _, row := range rows {
		id, err := strconv.ParseUint(row["Id"], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("server %d: thread id: %w", s.index, err)
		}
		threads = append(threads, Thread{
			ID:      id,
			User:    row["User"],
			Host:    row["Host"],
			DB:      row["db"],
			Command: row["Command"],
			State:   row["State"],
			Info:    row["Info"],
		})
	}
	return threads, nil
}
