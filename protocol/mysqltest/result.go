package mysqltest

import (
	"encoding/binary"
	"fmt"

	"parkway/protocol"
)

// Result is one result of an answer.
type Result struct {
	Columns []protocol.ColumnDefinition
	Rows    [][]byte    // payloads
	OK      protocol.OK // that ended it; of an EOF packet the status and the warnings
}

// Text gives the rows of a text result; NULL is "NULL".
func (r *Result) Text() ([][]string, error) {
	rows := make([][]string, 0, len(r.Rows))
	for _, p := range r.Rows {
		values, err := protocol.ReadTextRow(nil, p)
		if err != nil {
			return nil, err
		}
		row := make([]string, len(values))
		for i, v := range values {
			row[i] = string(v)
			if v == nil {
				row[i] = "NULL"
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Query sends a statement and reads its answer. An error of the server's is a *protocol.ERR; the results before it are returned.
func (c *Client) Query(sql string) ([]Result, error) {
	return c.Command(protocol.ComQuery, []byte(sql)...)
}

// Value runs a statement and gives the first column of its first row.
func (c *Client) Value(sql string) (string, error) {
	results, err := c.Query(sql)
	if err != nil {
		return "", err
	}
	rows, err := results[0].Text()
	if err != nil {
		return "", err
	}
	if len(rows) == 0 {
		return "", fmt.Errorf("%s: no rows", sql)
	}
	return rows[0][0], nil
}

// Command sends a command other than COM_STMT_PREPARE and reads its answer.
func (c *Client) Command(cmd protocol.Command, rest ...byte) ([]Result, error) {
	if err := c.WriteCommand(cmd, rest...); err != nil {
		return nil, err
	}
	return c.ReadAnswer(cmd)
}

// ReadAnswer reads the answer to a command other than COM_STMT_PREPARE that was sent.
func (c *Client) ReadAnswer(cmd protocol.Command) ([]Result, error) {
	switch {
	case !cmd.HasAnswer():
		return nil, nil
	case cmd == protocol.ComStatistics:
		p, err := c.readProgress()
		return []Result{{Rows: [][]byte{p}}}, err
	case cmd == protocol.ComFieldList || cmd == protocol.ComStmtFetch:
		var r Result
		err := c.readRows(&r)
		return []Result{r}, err
	}
	var results []Result
	for {
		r, err := c.readResult(cmd)
		results = append(results, r)
		if err != nil || r.OK.Status&protocol.StatusMoreResults == 0 {
			return results, err
		}
	}
}

// readProgress reads a message; it passes over MariaDB's progress reports and returns an ERR packet as error.
func (c *Client) readProgress() ([]byte, error) {
	for {
		p, err := c.ReadMessage()
		if err != nil {
			return nil, err
		}
		if err := errorIn(p); err != nil {
			if e, ok := err.(*protocol.ERR); ok && e.Code == 0xffff {
				continue
			}
			return nil, err
		}
		return p, nil
	}
}

func (c *Client) readResult(cmd protocol.Command) (r Result, err error) {
	p, err := c.readProgress()
	if err != nil {
		return r, err
	}
	for len(p) > 0 && p[0] == 0xfb {
		var file []byte
		if c.Infile != nil {
			file = c.Infile(string(p[1:]))
		}
		if p, err = c.sendFile(file); err != nil {
			return r, err
		}
	}
	if len(p) == 0 {
		return r, fmt.Errorf("answer to %v: an empty packet", cmd)
	}
	if p[0] == 0x00 || p[0] == 0xfe {
		return r, c.end(&r, p)
	}
	count, n, ok := protocol.ReadLenencInt(p)
	if !ok {
		return r, fmt.Errorf("answer to %v: first byte 0x%02x", cmd, p[0])
	}
	if len(p) == n || p[n] != 0 { // MariaDBCacheMetadata, ClientOptionalResultsetMetadata: 0 for no definitions
		if r.Columns, err = c.readDefinitions(int(count)); err != nil {
			return r, err
		}
	}
	if !c.Capabilities.Has(protocol.ClientDeprecateEOF) {
		if p, err = c.readProgress(); err != nil {
			return r, err
		}
		if err := c.end(&r, p); err != nil {
			return r, err
		}
		if cmd == protocol.ComStmtExecute && r.OK.Status&protocol.StatusCursorExists != 0 {
			return r, nil
		}
	}
	return r, c.readRows(&r)
}

func (c *Client) readDefinitions(count int) (list []protocol.ColumnDefinition, err error) {
	for range count {
		p, err := c.readProgress()
		if err != nil {
			return list, err
		}
		var d protocol.ColumnDefinition
		if err := d.Decode(p, c.Capabilities); err != nil {
			return list, err
		}
		list = append(list, d)
	}
	return list, nil
}

func (c *Client) readRows(r *Result) error {
	for {
		p, err := c.readProgress()
		if err != nil {
			return err
		}
		if len(p) > 0 && p[0] == 0xfe && len(p) < protocol.MaxPayload && (len(p) < 9 || c.Capabilities.Has(protocol.ClientDeprecateEOF)) {
			head := r.OK.Status
			err := c.end(r, p)
			if head&protocol.StatusPSOutParams != 0 { // only the EOF packet before the OUT parameters knows that OK follows
				r.OK.Status |= head & protocol.StatusMoreResults
			}
			return err
		}
		r.Rows = append(r.Rows, p)
	}
}

// end reads an OK or EOF packet.
func (c *Client) end(r *Result, p []byte) error {
	if p[0] == 0xfe && len(p) == 5 {
		r.OK = protocol.OK{Header: 0xfe, Warnings: binary.LittleEndian.Uint16(p[1:]), Status: protocol.StatusFlags(binary.LittleEndian.Uint16(p[3:]))}
	} else if err := r.OK.Decode(p, c.Capabilities); err != nil {
		return err
	}
	c.Status = r.OK.Status
	return nil
}

// sendFile answers a request for a file and returns what the server says to it.
func (c *Client) sendFile(file []byte) ([]byte, error) {
	const chunk = 1 << 20
	for len(file) > 0 {
		n := min(len(file), chunk)
		if err := c.WriteMessage(file[:n]); err != nil {
			return nil, err
		}
		file = file[n:]
	}
	if err := c.WriteMessage(nil); err != nil {
		return nil, err
	}
	return c.readProgress()
}
