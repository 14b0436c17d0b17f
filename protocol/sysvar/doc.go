// Package sysvar knows what a session has changed on its connection, so that a backend connection can be given to another client
// without either noticing: system variables (Set), user variables whose values are known, and the reasons why a connection cannot
// be shared now (Pins). It holds data and decides; it does no I/O and locks nothing: each event loop has its own Interner.
//
// What changed is what the server's session trackers say, not what a SET statement says: a value is kept as the tracker reported
// it and assigned again in that spelling. That this brings another connection to the same state was tried for every session
// variable of MariaDB 10.11 and MySQL 9; variable.go lists those that need more than that, each with the reason.
//
// # A statement ends
//
// Its session and its backend connection then share one State. In this order:
//
//  1. Interner.Report for every variable that the OK packets report, unless the statement is Passing.
//  2. With digest.SetNames: NamesCollation; the collation goes to Interner.With as collation_connection, after the reports.
//  3. With digest.UserVarAssign, if Event.Ran: Interner.AssignUserVars.
//  4. With digest.SetSystemVar: Event.Trackers if digest.TrackersVar says so too.
//  5. If Objects.Wants and Event.Ran: Objects.Note.
//  6. After, which says whether the connection can go to others.
//
// Before a statement, AppendSync brings a connection to the session's State.
package sysvar
