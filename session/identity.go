package session

import (
	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/protocol/sysvar"
	"parkway/session/users"
)

// identity is what many clients of a worker have in common: the clients of one application log in alike and set the same. Parked
// sessions that are equal in it point to one object.
type identity struct {
	user        *users.User
	as          account
	credential  auth.Credential
	caps        protocol.Capability
	charset     byte
	schema      string
	vars        sysvar.State
	login       sysvar.State
	unshareable bool
}

// shared is an identity, and how many parked sessions have it.
type shared struct {
	identity
	refs int
}

// identities are the shared ones of one worker. Loop only.
type identities map[identity]*shared

// acquire returns the shared form of id, for one session more.
func (all identities) acquire(id identity) *shared {
	s := all[id]
	if s == nil {
		s = &shared{identity: id}
		all[id] = s
	}
	s.refs++
	return s
}

// release is told that a session is not parked any more.
func (all identities) release(s *shared) {
	if s.refs--; s.refs == 0 {
		delete(all, s.identity)
	}
}
