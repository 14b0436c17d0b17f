// Package scripting runs the program that decides what becomes of clients, commands and answers: JavaScript, on goja. docs/scripting.md says
// what a program may use; package hook, what a session asks.
//
// An Engine has one edition of the program in force. Each event loop has a machine (a goja runtime) of its own for functions that end at once; async
// functions run on machines of a pool, while their session waits. A watchdog stops what takes too long or too much memory. A machine that was
// stopped is not used again.
//
// What goes from one machine to another is copied (see data): goja's values belong to one runtime.
package scripting
