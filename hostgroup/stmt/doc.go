// Package stmt knows the prepared statements of the binary protocol: what clients have prepared, what each backend
// connection has prepared, and how a client's command about a statement becomes one that the server understands.
//
// A client's statement is not bound to a connection. The client knows it under an id of the proxy's (ClientStatements), a
// server under one of its own (ServerStatements), and both point to the same Statement, of which a loop has one for each text
// in its context (Registry). A statement that a backend connection lacks is prepared there first.
//
// What a session does:
//
//	COM_STMT_PREPARE         Check, Registry.Acquire. The server's answer: if it is an error Fail, else Add, ServerStatements.Add in
//	                         the Slot, PatchPrepared, Statement.Prepared. It is always forwarded: the answer tells of tables that may
//	                         have changed. A text that is too long to be kept: AcquireSingle, AddAnchored.
//	COM_STMT_EXECUTE,
//	COM_STMT_BULK_EXECUTE    Find, Entry.Read, Slot, ServerStatements.Find or prepare it there and Add, Entry.KeptLongData, Patcher.Patch;
//	                         Executed, or DropLongData if no server has answered it
//	COM_STMT_SEND_LONG_DATA  Find, KeepLongData; if that is false LongDataSlot, the same with PatchID; SentLongData
//	COM_STMT_FETCH           Find, CursorSlot, PatchID; Fetched
//	COM_STMT_RESET           Find, Reset, an OK
//	COM_STMT_CLOSE           Find, Close
//
// What isn't found is sent with an id that is Unused, for the server to say so; of the commands without an answer, not at all.
//
// The last two are not forwarded: what a server holds for the client is given up by closing the statement there, and what holds
// nothing stays for the next client. ServerStatements.AppendCloses goes in front of the next command to the server.
//
// A statement that is prepared on a connection later is so in its own Context, not in that of the session at that moment.
//
// Everything here belongs to one loop, or to one session or connection on it. There are no locks.
package stmt
