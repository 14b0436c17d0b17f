// Package mysqltest is the kit for tests that need a peer on a socket: a scripted MySQL server that can misbehave, a raw client
// that takes nothing for granted, a wire that cuts, delays and breaks, transcripts of what was said, and the log of what is tested.
//
// The client follows answers with a reader of its own, packet by packet and blocking, and not with protocol.ResponseReader, so
// that a mistake there isn't made twice.
//
// Whatever takes a testing.TB closes itself when the test ends. A client waits with a deadline, a server and a wire until they are
// closed.
package mysqltest
