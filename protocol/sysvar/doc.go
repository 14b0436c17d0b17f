// Package sysvar knows what a session has changed on its connection, so that a backend connection can be given to another client
// without either noticing: system variables (Set), user variables whose values are known, and the reasons why a connection cannot
// be shared now (Pins). It holds data and decides; it does no I/O and locks nothing: each event loop has its own Interner.
//
// What changed is what the server's session trackers say, not what a SET statement says: a value is kept as the tracker reported
// it and assigned again in that spelling. That this brings another connection to the same state was tried for every session
// variable of MariaDB 10.11 and MySQL 9; variable.go lists those that need more than that, each with the reason.
package sysvar
