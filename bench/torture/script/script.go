// Package script is what a round of the torture plays: who connects, and who
// does what, in which order. A script is data: it is generated from a seed,
// shrunk, written to a file and read back.
package script

import (
	"slices"

	"parkway/protocol"
)

// Script is what several clients do at once.
type Script struct {
	Seed     uint64 // it was generated from; 0: written by hand
	Flavor   string // of the servers it is for, as PARKWAY_FLAVOR names it
	Backends int    // connections that the proxy may open to the server
	Order    Order
	Clients  []Client
	Entries  []Entry
}

// Order says when a step may begin that another client's step stands before.
type Order string

const (
	// Free lets each client go on as fast as it can.
	Free Order = "free"
	// Strict lets one step run at a time, in the order of the entries. A step
	// that does not end for a while is left behind, so that others can free
	// what it waits for.
	Strict Order = "strict"
)

// Client is one connection of a script.
type Client struct {
	ID           int
	Capabilities protocol.Capability // beside those that every client has
	Charset      byte                // collation id in the login
	Schema       string              // named in the login; "": none
	Leave        Leave
}

// Leave is how a client ends.
type Leave string

// The ways to leave.
const (
	Quit   Leave = "quit"   // with COM_QUIT
	Vanish Leave = "vanish" // by closing the socket
	Reset  Leave = "reset"  // after COM_RESET_CONNECTION
)

// Entry is a step and the ID of the client who takes it.
type Entry struct {
	Client int
	Step
}

// Step is one command of a client. Which of the fields count depends on the
// verb: see verbs.
type Step struct {
	Verb   Verb
	Slot   int      // Client's name for a prepared statement: the server's ids differ from run to run.
	Number int      // Fetch: rows. LongData: parameter. SetOption: option.
	Cursor bool     // Execute: open a cursor.
	Text   string   // Statement, schema, user or data.
	Schema string   // ChangeUser.
	Params []string // Execute: see Param.
}

// Verb names a command.
type Verb string

// The verbs.
const (
	Query          Verb = "query"
	Prepare        Verb = "prepare"
	Execute        Verb = "execute"
	Fetch          Verb = "fetch"
	LongData       Verb = "long-data"
	ResetStatement Verb = "reset-statement"
	CloseStatement Verb = "close-statement"
	InitDB         Verb = "init-db"
	ChangeUser     Verb = "change-user"
	ResetSession   Verb = "reset-session"
	SetOption      Verb = "set-option"
	Ping           Verb = "ping"
)

// Of gives the steps of one client, in order.
func (s *Script) Of(client int) []Step {
	var steps []Step
	for _, e := range s.Entries {
		if e.Client == client {
			steps = append(steps, e.Step)
		}
	}
	return steps
}

// Keep returns the script with only the clients that keep chooses, and with
// their entries.
func (s *Script) Keep(keep func(Client) bool) *Script {
	out := *s
	out.Clients = slices.DeleteFunc(slices.Clone(s.Clients), func(c Client) bool { return !keep(c) })
	out.Entries = slices.DeleteFunc(slices.Clone(s.Entries), func(e Entry) bool {
		return !slices.ContainsFunc(out.Clients, func(c Client) bool { return c.ID == e.Client })
	})
	return &out
}
