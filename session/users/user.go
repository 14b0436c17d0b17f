package users

import (
	"sync/atomic"

	"parkway/protocol/auth"
)

// User is one row of a Table. Its methods may be called from any thread.
type User struct {
	// Immutable.
	Name                  string
	Password              auth.Password
	DefaultHostgroup      int
	DefaultSchema         string
	MaxConnections        int // 0: no limit of its own
	TransactionPersistent bool
	Active                bool

	// Shared with the same user in the tables before and after; atomic.
	connections *counter
	learned     *atomic.Pointer[auth.Credential] // shared only while the password is the same
}

// inherit takes over what lives longer than a table.
func (u *User) inherit(old *Table) {
	u.connections, u.learned = new(counter), new(atomic.Pointer[auth.Credential])
	if old == nil {
		return
	}
	if c, ok := old.counters[u.Name]; ok {
		u.connections = c
	}
	if before, ok := old.users[u.Name]; ok && before.Password == u.Password {
		u.learned = before.learned
	}
}

// Enter counts one more connection of the user, unless the user has MaxConnections already: then it reports false. Every Enter that
// reported true needs one Leave, on this User or its counterpart in a later Table.
func (u *User) Enter() bool { return u.connections.enter(int64(u.MaxConnections)) }

// Leave takes back one Enter.
func (u *User) Leave() { u.connections.leave() }

// Connections is the number of connections of the user now.
func (u *User) Connections() int { return int(u.connections.current.Load()) }

// Learn keeps what a client's login revealed of the password (auth.Server.Credential), if it is more than was known.
func (u *User) Learn(c auth.Credential) {
	for {
		known := u.learned.Load()
		if !c.Known() || known != nil && !c.Better(*known) {
			return
		}
		if u.learned.CompareAndSwap(known, &c) {
			return
		}
	}
}

// Learned returns the best credential that is known without asking a client: what logins revealed or the table alone gives. False: nothing
// is known.
func (u *User) Learned() (auth.Credential, bool) {
	best := u.Password.Credential()
	if c := u.learned.Load(); c != nil && c.Better(best) {
		best = *c
	}
	return best, best.Known()
}
