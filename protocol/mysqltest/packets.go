package mysqltest

import (
	"fmt"
	"io"
	"time"

	"parkway/protocol"
)

// WriteRaw sends bytes as they are.
func (c *Client) WriteRaw(b []byte) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return err
	}
	c.transcript.add(fromClient, b)
	_, err := c.conn.Write(b)
	return err
}

// WritePacket sends one packet with a sequence number of the caller's choice; the next one is expected to follow it.
func (c *Client) WritePacket(seq byte, payload []byte) error {
	if len(payload) > protocol.MaxPayload {
		return fmt.Errorf("a packet of %d bytes", len(payload))
	}
	c.seq = seq + 1
	header := []byte{byte(len(payload)), byte(len(payload) >> 8), byte(len(payload) >> 16), seq}
	return c.WriteRaw(append(header, payload...))
}

// WriteMessage sends payload with the sequence number that follows, in as many packets as it needs.
func (c *Client) WriteMessage(payload []byte) error {
	seq := c.seq
	c.seq += byte(len(payload)/protocol.MaxPayload + 1)
	return c.WriteRaw(protocol.AppendPacket(nil, payload, seq))
}

// WriteCommand begins a new exchange with a command.
func (c *Client) WriteCommand(cmd protocol.Command, rest ...byte) error {
	c.seq = 0
	return c.WriteMessage(append([]byte{byte(cmd)}, rest...))
}

// NextSeq is the sequence number that the next packet, in either direction, should have.
func (c *Client) NextSeq() byte { return c.seq }

// ReadPacket reads one packet; one out of order is a *protocol.SequenceError, the end of the stream before a packet io.EOF.
func (c *Client) ReadPacket() (payload []byte, err error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(c.timeout)); err != nil {
		return nil, err
	}
	var header [protocol.HeaderLen]byte
	if _, err := io.ReadFull(c.in, header[:]); err != nil {
		return nil, err
	}
	c.transcript.add(fromServer, header[:])
	length, seq := protocol.Header(header[:])
	payload = make([]byte, length)
	n, err := io.ReadFull(c.in, payload)
	c.transcript.add(fromServer, payload[:n])
	if err != nil {
		return nil, fmt.Errorf("packet of %d bytes: %w", length, err)
	}
	if seq != c.seq {
		return nil, &protocol.SequenceError{Got: seq, Want: c.seq}
	}
	c.seq++
	return payload, nil
}

// ReadMessage reads packets up to the end of a message and joins them.
func (c *Client) ReadMessage() ([]byte, error) {
	message, err := c.ReadPacket()
	for last := len(message); err == nil && last == protocol.MaxPayload; {
		var p []byte
		p, err = c.ReadPacket()
		last = len(p)
		message = append(message, p...)
	}
	if err != nil {
		return nil, err
	}
	return message, nil
}

// ReadRaw reads what is there, at least a byte and at most n.
func (c *Client) ReadRaw(n int) ([]byte, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(c.timeout)); err != nil {
		return nil, err
	}
	b := make([]byte, n)
	n, err := c.in.Read(b)
	c.transcript.add(fromServer, b[:n])
	return b[:n], err
}

// ExpectEOF reads until the server closes and returns what it still said. An error is anything but a close.
func (c *Client) ExpectEOF() (rest []byte, err error) {
	for {
		b, err := c.ReadRaw(4096)
		rest = append(rest, b...)
		if err == io.EOF {
			return rest, nil
		}
		if err != nil {
			return rest, err
		}
	}
}
