// Package stmt knows the prepared statements of the binary protocol: what clients have prepared, what each backend
// connection has prepared, and how a client's command about a statement becomes one that the server understands.
//
// A client's statement is not bound to a connection. The client knows it under an id of the proxy's (ClientStatements), a
// server under one of its own (ServerStatements), and both point to the same Statement, of which a loop has one for each text
// in its context (Registry). A statement that a backend connection lacks is prepared there first.
//
// What a session does:
//
//	COM_STMT_PREPARE         Check, Registry.Acquire; Statement.AppendAnswer, or the server's answer with its id exchanged
//	                         (PatchPrepared) and recorded (Recorder, Registry.Describe); then Add. Fail if it failed.
//	COM_STMT_EXECUTE,
//	COM_STMT_BULK_EXECUTE    Find, Slot, ServerStatements.Find or prepare it there and Add, Patcher.Execute; Executed
//	COM_STMT_SEND_LONG_DATA  the same with PatchID; SentLongData
//	COM_STMT_FETCH           the same with PatchID; Fetched
//	COM_STMT_RESET           the same with PatchID; WasReset. Without anything held there is nothing to reset.
//	COM_STMT_CLOSE           Close; ServerStatements.Retire if the server holds something for it. Nothing is forwarded: the
//	                         server's statement stays for the next client.
//
// Everything here belongs to one loop, or to one session or connection on it. There are no locks.
package stmt
