package servers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// replicate makes the server a replica of the one at that port and returns when
// both of its threads run.
func (s *Server) replicate(ctx context.Context, primaryPort int) error {
	e := s.setup.engine
	if _, err := s.db.ExecContext(ctx, fmt.Sprintf(e.replicateFrom, primaryPort)); err != nil {
		return fmt.Errorf("server %d: %w", s.index, err)
	}
	if err := s.AwaitReplication(ctx); err != nil {
		return fmt.Errorf("server %d does not replicate: %w", s.index, err)
	}
	return nil
}

// AwaitReplication waits until both replication threads of a replica run.
func (s *Server) AwaitReplication(ctx context.Context) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		why, err := s.replicationTrouble(ctx)
		if err != nil || why == nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-s.process.Done():
			return errors.New("the server ended: " + s.process.Exit())
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), why)
		}
	}
}

// replicationTrouble says why the server does not replicate; nil if it does.
func (s *Server) replicationTrouble(ctx context.Context) (why, err error) {
	e := s.setup.engine
	status, err := s.queryMaps(ctx, e.replicaStatus)
	if err != nil {
		return nil, err
	}
	if len(status) == 0 {
		return errors.New("it is no replica"), nil
	}
	row := status[0]
	if row[e.ioRunning] == "Yes" && row[e.sqlRunning] == "Yes" {
		return nil, nil
	}
	said := []string{e.ioRunning + ": " + row[e.ioRunning], e.sqlRunning + ": " + row[e.sqlRunning]}
	for _, column := range e.lastErrors {
		if row[column] != "" {
			said = append(said, row[column])
		}
	}
	return errors.New(strings.Join(said, ", ")), nil
}

// queryMaps runs a query and returns its rows by column name, NULL as "".
func (s *Server) queryMaps(ctx context.Context, query string) ([]map[string]string, error) {
	rows, err := s.db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values := make([][]byte, len(names))
	targets := make([]any, len(names))
	for i := range values {
		targets[i] = &values[i]
	}
	var all []map[string]string
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		row := make(map[string]string, len(names))
		for i, name := range names {
			row[name] = string(values[i])
		}
		all = append(all, row)
	}
	return all, rows.Err()
}
