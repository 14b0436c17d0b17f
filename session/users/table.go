// Package users is the table of the users that may log in to the proxy: their passwords, their limits and how many
// connections each has now.
package users

import (
	"errors"
	"fmt"
	"hash/maphash"

	"parkway/config"
	"parkway/protocol/auth"
)

// Table is one snapshot of the users; a reload makes a new one. Any thread may use it without a lock. What lives longer
// than a snapshot, the connection counters and learned credentials, is shared between successive tables.
type Table struct {
	// Immutable.
	users    map[string]*User
	counters map[string]*counter // by user name; of removed users too while they have connections
	seed     maphash.Seed        // same in all successors
	decoys   decoys
}

// NewTable makes a table of the users in the configuration. old is the table that it replaces, nil at the start: connection
// counters are taken over from it by user name, learned credentials too where the password is unchanged. The error joins what is
// wrong with each user; it never shows a password.
func NewTable(list []config.MySQLUser, old *Table) (*Table, error) {
	t := &Table{users: make(map[string]*User, len(list)), counters: make(map[string]*counter, len(list))}
	if old == nil {
		t.seed = maphash.MakeSeed()
	} else {
		t.seed = old.seed
		for name, c := range old.counters {
			if c.current.Load() > 0 {
				t.counters[name] = c
			}
		}
	}
	var errs []error
	for i := range list {
		if err := t.add(&list[i], old); err != nil {
			errs = append(errs, err)
		}
	}
	if errs != nil {
		return nil, errors.Join(errs...)
	}
	t.decoys = makeDecoys(t.users)
	return t, nil
}

func (t *Table) add(row *config.MySQLUser, old *Table) error {
	if _, ok := t.users[row.Username]; ok {
		return fmt.Errorf("user '%s' is defined twice", row.Username)
	}
	password, err := auth.ParsePassword(row.Password)
	if err != nil {
		return fmt.Errorf("user '%s': %w", row.Username, err)
	}
	u := &User{
		Name:                  row.Username,
		Password:              password,
		DefaultHostgroup:      row.DefaultHostgroup,
		DefaultSchema:         row.DefaultSchema,
		MaxConnections:        row.MaxConnections,
		TransactionPersistent: row.TransactionPersistent,
		Active:                row.Active,
	}
	u.inherit(old)
	t.users[u.Name] = u
	t.counters[u.Name] = u.connections
	return nil
}

// Find returns the user that may log in under this name. Inactive users are as unknown as absent ones.
func (t *Table) Find(name string) (*User, bool) {
	u, ok := t.users[name]
	if !ok || !u.Active {
		return nil, false
	}
	return u, true
}

// Decoy returns a password to verify an unknown user against, so that the exchange does not tell unknown from known names.
// It has always the same kind (clear text or hash) for the same name, and each kind as often as the table's users have it.
func (t *Table) Decoy(name string) auth.Password {
	return t.decoys.pick(maphash.String(t.seed, name))
}
