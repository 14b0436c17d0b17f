package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"

	"parkway/protocol"
)

// serverVersion reads the version from the greeting of the MySQL server at addr (host:port), or of what stands before it,
// and hangs up.
func serverVersion(ctx context.Context, addr string) (string, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	header := make([]byte, protocol.HeaderLen)
	if _, err := io.ReadFull(conn, header); err != nil {
		return "", fmt.Errorf("greeting of %s: %w", addr, err)
	}
	length, _ := protocol.Header(header)
	payload := make([]byte, length)
	if _, err := io.ReadFull(conn, payload); err != nil {
		return "", fmt.Errorf("greeting of %s: %w", addr, err)
	}
	var greeting protocol.Handshake
	if err := greeting.Decode(payload); err != nil {
		return "", fmt.Errorf("greeting of %s: %w", addr, err)
	}
	// MariaDB 10 puts 5.5.5- before its version, for replicas that take 10 for an unknown major version of MySQL.
	return strings.TrimPrefix(greeting.ServerVersion, "5.5.5-"), nil
}
