// Package hook is what a session and a script say to one another: what a script sees, what it may answer, and how a session asks.
// Plain Go types; package scripting implements Hooks, package session asks.
//
// A call ends at once, or later: then the session is suspended, its loop is not, and the answer is given on the loop to the
// waiter that was named in the call. What a call returns is valid until the next call of the same Loop and must not be
// changed; what a waiter is given stays valid until that function returns.
//
// A script that fails (an exception, too long, too much memory, a full queue) is no error here: what the answer is then, the
// configuration says (on_error), and package scripting has counted and logged it.
package hook

// Kind is one of the functions that a script may define.
type Kind uint8

// The hooks.
const (
	OnConnect Kind = iota
	OnAuth
	OnQuery
	OnResult
	OnDisconnect
	Kinds // how many there are
)

var names = [Kinds]string{"onConnect", "onAuth", "onQuery", "onResult", "onDisconnect"}

// String returns the name of the function.
func (k Kind) String() string { return names[k] }

// Set is a set of hooks.
type Set uint8

// Has reports whether k is in the set.
func (s Set) Has(k Kind) bool { return s&(1<<k) != 0 }

// With returns the set with k.
func (s Set) With(k Kind) Set { return s | 1<<k }

// Hooks is a script, whichever version of it is in force.
type Hooks interface {
	// Loop makes what one event loop asks. post runs a function on that loop; it is called from any thread, and may drop
	// functions once the loop has ended. Any thread.
	Loop(post func(func())) Loop
}

// Loop is the script as one event loop has it. All methods are for that loop only, on its thread, which is always the same: for how long a call computes is
// read from the clock of that thread. The program may change between two calls, but not within what belongs together: a Stream or an Injection is of the
// program that it came from.
//
// Each call takes what it asks about as an interface, which is read until the call returns and not kept: a script that goes on later has
// copies. A waiter is kept until it was answered or the Pending was cancelled.
type Loop interface {
	// Defines reports whether the script in force has such a function. Calls for others answer at once that there is nothing to say; a
	// caller spares itself the preparations. It costs an atomic load.
	Defines(k Kind) bool

	// Connect asks onConnect about a client that has not been greeted yet.
	Connect(c Conn, w ConnectWaiter) (*ConnectVerdict, Pending)
	// Auth asks onAuth about a client whose password was right, at the beginning and at each COM_CHANGE_USER.
	Auth(c Conn, a *Auth, w AuthWaiter) (*AuthVerdict, Pending)
	// Query asks onQuery about a command: COM_QUERY, COM_STMT_PREPARE, COM_STMT_EXECUTE. Of a program without onQuery it tells whether Result is to
	// be asked about the answer.
	Query(q Query, w QueryWaiter) (*Verdict, Pending)
	// Result asks onResult about an answer of which the columns are known, or all if it has none. It is called for each result of an answer
	// that has several, if Verdict.Result says so or there is no onQuery. Of a COM_STMT_PREPARE it is asked about the columns that executions will
	// have, if there are any: ResultVerdict.Columns is all that counts then, and its Stream is aborted at once.
	Result(q Query, r *Result, w ResultWaiter) (*ResultVerdict, Pending)
	// Injected shows the outcome of an injected statement to its handler, who has it until it has answered. It is called for each Injection that has one, unless its connection
	// was lost; what is never shown is dropped by Forget. For one of Verdict.Before the verdict that comes back takes the place of the one that
	// the injection is of, where it says something; see Injection.
	Injected(i *Injection, o *Outcome, w QueryWaiter) (*Verdict, Pending)
	// Disconnect tells onDisconnect that a client is gone for which Auth or Query was asked, or would have been. Nobody waits for it.
	Disconnect(c Conn, s *Stats)

	// Forget gives up an injection that will not be run or shown.
	Forget(i *Injection)
	// Close ends the loop's part: calls under way are cancelled.
	Close()
}

// Pending is a call that is answered later: exactly one function of its waiter is called, on the loop, never from within the call itself,
// unless Cancel was called before.
type Pending interface {
	// Cancel says that nobody waits any more: the session is gone, or its client has cancelled the statement. What the script is about is
	// stopped if it has not begun. Loop only; again, or once the call was answered, it does nothing.
	Cancel()
}

// The waiters: a session. Loop only.
type (
	// ConnectWaiter waits for Loop.Connect.
	ConnectWaiter interface{ ConnectAnswered(*ConnectVerdict) }
	// AuthWaiter waits for Loop.Auth.
	AuthWaiter interface{ AuthAnswered(*AuthVerdict) }
	// QueryWaiter waits for Loop.Query and Loop.Injected.
	QueryWaiter interface{ QueryAnswered(*Verdict) }
	// ResultWaiter waits for Loop.Result and the calls of its Stream.
	ResultWaiter interface {
		ResultAnswered(*ResultVerdict)
		RowsAnswered(*RowsVerdict)
		EndAnswered(*EndVerdict)
	}
)
