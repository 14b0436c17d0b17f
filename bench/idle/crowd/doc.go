// Package crowd is very many MySQL clients in one process: they log in, keep quiet, ask when they are told to, and check
// what they are answered.
//
// A client that keeps quiet is a socket and 56 bytes. All are on one epoll that one goroutine waits for, and only while there is
// something to do: a crowd that keeps quiet uses no CPU at all, so that what a machine uses then is the server's.
package crowd
