// Package grammar makes scripts from seeds: the same seed and options give the
// same script, on any machine.
//
// What a client is told must depend on its own statements only. So each has
// its own schemas, its own names for locks and transactions, and is asked for
// nothing that time, other clients or the server's history decide.
package grammar

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"parkway/bench/servers"
	"parkway/bench/torture/script"
	"parkway/protocol"
)

// Options are what scripts are made for.
type Options struct {
	Flavor   servers.Flavor
	Clients  int
	Steps    int      // of each client, or a few more
	Backends int      // that the proxy may open
	Only     []string // kinds of statements; nil: all
	Without  []string // kinds left out
	// Relogin: the proxy may log in anew where a client sends COM_CHANGE_USER, or
	// COM_RESET_CONNECTION before its first statement. Nothing is done that
	// shows the difference: a server takes the character set and IGNORE_SPACE of
	// CLIENT_IGNORE_SPACE from a login only, and its COM_CHANGE_USER leaves the
	// role (MariaDB) and the option of COM_SET_OPTION as they were.
	Relogin bool
	// AtOnce: no execution opens a cursor, because the proxy's program looks at
	// answers, whose rows come at once then.
	AtOnce bool
}

// Check finds mistakes in the options.
func (o Options) Check() error {
	for _, name := range slices.Concat(o.Only, o.Without) {
		if !slices.Contains(Kinds(), name) {
			return fmt.Errorf("%q is not a kind of statement: %s", name, strings.Join(Kinds(), " "))
		}
	}
	if o.Clients < 1 || o.Clients > MaxClients || o.Steps < 1 || o.Backends < 1 {
		return fmt.Errorf("%d clients (at most %d), %d steps, %d backends", o.Clients, MaxClients, o.Steps, o.Backends)
	}
	return nil
}

// MaxClients is how many clients there can be.
const MaxClients = 1000

// Schema is the schema of a client that its statements mostly use.
func Schema(client int) string { return fmt.Sprintf("torture_%03d", client) }

// OtherSchema is a client's second schema.
func OtherSchema(client int) string { return Schema(client) + "_b" }

// Generate makes the script of a seed. Every third is played in strict order.
// The options must be in order: see Check.
func Generate(seed uint64, o Options) *script.Script {
	s := &script.Script{Seed: seed, Flavor: o.Flavor.String(), Backends: o.Backends, Order: script.Free}
	if seed%3 == 0 {
		s.Order = script.Strict
	}
	lists := make([][]script.Step, o.Clients)
	for i := range lists {
		c := newClient(seed, i, o)
		s.Clients = append(s.Clients, c.login())
		lists[i] = c.sequence(o)
	}
	s.Entries = interleave(rand.New(rand.NewPCG(seed, uint64(o.Clients))), lists)
	return s
}

// longestBurst is how many steps of one client may follow one another in the
// order of entries.
const longestBurst = 4

// interleave merges the clients' lists, in random order.
func interleave(random *rand.Rand, lists [][]script.Step) []script.Entry {
	var entries []script.Entry
	var left []int
	for i, list := range lists {
		if len(list) > 0 {
			left = append(left, i)
		}
	}
	for len(left) > 0 {
		at := random.IntN(len(left))
		client := left[at]
		for range min(1+random.IntN(longestBurst), len(lists[client])) {
			entries = append(entries, script.Entry{Client: client, Step: lists[client][0]})
			lists[client] = lists[client][1:]
		}
		if len(lists[client]) == 0 {
			left = slices.Delete(left, at, at+1)
		}
	}
	return entries
}

// kind is a kind of statements.
type kind struct {
	name   string
	weight int
	only   string // the flavor that has it; "": both
	add    func(*client)
}

// Kinds are the names of all kinds of statements, as in Options.
func Kinds() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

// kinds are all kinds. The weights make state more frequent than its use.
func kinds() []kind {
	return []kind{
		{name: "variable", weight: 12, add: setVariable},
		{name: "user-variable", weight: 10, add: setUserVariable},
		{name: "names", weight: 4, add: setNames},
		{name: "isolation", weight: 5, add: setIsolation},
		{name: "next-only", weight: 4, add: setNextOnly},
		{name: "autocommit", weight: 4, add: setAutocommit},
		{name: "tracker", weight: 1, add: setTracker},
		{name: "hint", weight: 2, add: hint},
		{name: "role", weight: 1, add: setRole},
		{name: "schema", weight: 5, add: useSchema},
		{name: "transaction", weight: 10, add: transaction},
		{name: "savepoint", weight: 3, add: savepoint},
		{name: "xa", weight: 2, add: xa},
		{name: "write", weight: 12, add: write},
		{name: "read", weight: 6, add: read},
		{name: "last-insert-id", weight: 5, add: lastInsertID},
		{name: "row-count", weight: 3, add: rowCount},
		{name: "found-rows", weight: 3, add: foundRows},
		{name: "warnings", weight: 5, add: warnings},
		{name: "temporary", weight: 6, add: temporary},
		{name: "lock-tables", weight: 3, add: lockTables},
		{name: "named-lock", weight: 4, add: namedLock},
		{name: "handler", weight: 2, add: handler},
		{name: "prepared", weight: 14, add: prepared},
		{name: "text-prepared", weight: 6, add: textPrepared},
		{name: "multi", weight: 4, add: multi},
		{name: "routine", weight: 3, add: routine},
		{name: "sequence", weight: 2, only: servers.MariaDB.String(), add: sequenceValue},
		{name: "definition", weight: 1, add: definition},
		{name: "fault", weight: 5, add: fault},
		{name: "ping", weight: 1, add: ping},
		{name: "option", weight: 1, add: setOption},
		{name: "reset", weight: 1, add: reset},
		{name: "change-user", weight: 1, add: changeUser},
	}
}

// chosen are the kinds that the options want, for their flavor.
func (o Options) chosen() []kind {
	return slices.DeleteFunc(kinds(), func(k kind) bool {
		return k.only != "" && k.only != o.Flavor.String() ||
			o.Only != nil && !slices.Contains(o.Only, k.name) ||
			slices.Contains(o.Without, k.name)
	})
}

// capabilities are the flags in which clients differ.
var capabilities = []protocol.Capability{
	protocol.ClientDeprecateEOF, protocol.ClientSessionTrack, protocol.ClientFoundRows,
	protocol.ClientMultiStatements, protocol.ClientIgnoreSpace, protocol.ClientInteractive,
}
