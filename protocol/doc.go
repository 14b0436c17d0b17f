// Package protocol turns bytes into MySQL packets and back. It does no I/O, starts no goroutine and keeps no state but that of
// the three readers, so everything here may be used from any thread that owns the value.
//
// Two kinds of things live here:
//
//   - Messages, one to a file: Decode reads the payload of a packet (without its header), checks every length and returns a
//     *MalformedError for what doesn't fit; Append writes the payload. Decode copies what it keeps unless its comment says
//     that a field aliases the payload.
//   - Readers, which find out where a message ends without gathering it: MessageReader for a client's command, InfileReader for
//     the file of a LOAD DATA LOCAL, ResponseReader for a server's answer to any command.
//
// Sources: the MySQL internals manual and the MariaDB knowledge base, and where they are silent or wrong, what MariaDB 10.11 and
// MySQL 9 say on the wire (testdata).
package protocol
