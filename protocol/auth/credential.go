package auth

import (
	"crypto/sha1"
	"crypto/subtle"
)

// Levels of knowledge; a higher one serves every plugin that a lower one serves.
type knowledge byte

const (
	knowsNothing knowledge = iota
	knowsSHA1              // SHA1(password): enough for mysql_native_password
	knowsClear
)

// Credential is what is known of a password, enough to log in to a backend: the clear text, or SHA1(password), which
// mysql_native_password alone takes. The zero value knows nothing. It never prints its content.
type Credential struct {
	knows  knowledge
	clear  string
	stage1 [sha1.Size]byte // SHA1(password)
}

// ClearCredential is the credential of a known password; "" logs in without one.
func ClearCredential(password string) Credential {
	return Credential{knows: knowsClear, clear: password, stage1: sha1.Sum([]byte(password))}
}

func sha1Credential(stage1 [sha1.Size]byte) Credential {
	return Credential{knows: knowsSHA1, stage1: stage1}
}

// Known reports whether the credential can log in anywhere at all.
func (c Credential) Known() bool { return c.knows != knowsNothing }

// Clear returns the password, if that itself is known.
func (c Credential) Clear() (password string, ok bool) { return c.clear, c.knows == knowsClear }

// Better reports whether c serves plugins that d does not.
func (c Credential) Better(d Credential) bool { return c.knows > d.knows }

// empty reports a known empty password: all plugins have a short way for it.
func (c Credential) empty() bool { return c.knows == knowsClear && c.clear == "" }

// opens reports, in constant time, whether c is a credential of the password with this mysql_native_password hash.
func (c Credential) opens(stage2 [sha1.Size]byte) bool {
	hash := sha1.Sum(c.stage1[:])
	return subtle.ConstantTimeCompare(hash[:], stage2[:]) == 1 && c.Known()
}

// String keeps passwords out of logs and error messages.
func (c Credential) String() string { return "[credential]" }

// GoString does the same for %#v.
func (c Credential) GoString() string { return c.String() }
