// Package auth verifies MySQL clients and logs in to MySQL servers, without I/O.
//
// Server is the half that verifies a client, Client the half that logs in to a backend. Both are step machines: a payload
// from the peer goes in, a payload for the peer comes out. Each authentication plugin is one file with its server half, its
// client half or both; the tables in server.go and client.go name them.
//
// Passwords reach the package in two shapes: Password, what the users table holds and clients are verified against, and
// Credential, what is known well enough to log in somewhere else.
package auth

// Plugin names as they go over the wire.
const (
	NativePassword      = "mysql_native_password"
	CachingSHA2Password = "caching_sha2_password"
	ClearPassword       = "mysql_clear_password"
	ClientEd25519       = "client_ed25519"
)
