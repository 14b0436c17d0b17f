package auth

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

type passwordKind byte

const (
	emptyPassword passwordKind = iota
	clearPassword
	nativeHash
)

// Password is what the users table holds of one user's password; the zero value is the empty password. Two Passwords are
// equal (==) when they were parsed from equal passwords. It never prints its content.
//
// The digests that verify an answer are made once, here: a login costs the same whatever the password's length.
type Password struct {
	kind   passwordKind
	clear  string
	stage1 [sha1.Size]byte   // SHA1(password), of a clear one
	stage2 [sha1.Size]byte   // SHA1(SHA1(password)), what mysql_native_password stores
	sha2   [sha256.Size]byte // SHA256(SHA256(password)), of a clear one; what caching_sha2_password caches
}

// Lengths of stored hashes, to recognise damaged or unsupported ones.
const (
	nativeHashLen     = 1 + 2*sha1.Size // "*" and hex
	mutilatedHashLen  = 16              // hex digits after a "*" from which on it is a hash that lost or gained characters
	cachingSHA2Prefix = "$A$005$"       // stored form of caching_sha2_password
	cachingSHA2Len    = 70
)

// ParsePassword reads the password column of the users table: "" is the empty password, "*" and 40 hex digits a
// mysql_native_password hash, anything else clear text. What was meant as a hash but is none (wrong length, a foreign
// digit, the hash of another plugin) is an error, because as clear text it would only fail every login.
func ParsePassword(s string) (Password, error) {
	switch {
	case s == "":
		return Password{}, nil
	case strings.IndexByte(s, 0) >= 0:
		return Password{}, errors.New("the password contains a NUL byte")
	case len(s) == cachingSHA2Len && strings.HasPrefix(s, cachingSHA2Prefix):
		return Password{}, errors.New("the password is a caching_sha2_password hash: only clear text or a mysql_native_password hash can be used")
	case s[0] == '*':
		digits := len(s[1:]) - len(strings.TrimLeft(s[1:], "0123456789abcdefABCDEF"))
		switch {
		case len(s) == nativeHashLen && digits == nativeHashLen-1:
			p := Password{kind: nativeHash}
			_, err := hex.Decode(p.stage2[:], []byte(s[1:]))
			return p, err
		case len(s) == nativeHashLen && digits >= mutilatedHashLen,
			digits == len(s)-1 && digits >= mutilatedHashLen:
			return Password{}, errors.New("the password begins like a mysql_native_password hash but is not '*' and 40 hexadecimal digits")
		}
	}
	return newClearPassword(s), nil
}

func newClearPassword(s string) Password {
	p := Password{kind: clearPassword, clear: s, stage1: sha1.Sum([]byte(s))}
	p.stage2 = sha1.Sum(p.stage1[:])
	inner := sha256.Sum256([]byte(s))
	p.sha2 = sha256.Sum256(inner[:])
	return p
}

// Credential returns what the table alone gives to log in with: everything for a clear password, nothing for a hash (see
// Server.Credential for what a login reveals).
func (p Password) Credential() Credential {
	switch p.kind {
	case nativeHash:
		return Credential{}
	case clearPassword:
		return Credential{knows: knowsClear, clear: p.clear, stage1: p.stage1}
	default:
		return ClearCredential("")
	}
}

// Decoy returns a password of the same kind that nobody knows, to make the login of an unknown user look like that of a
// known one. An empty password's decoy is a clear one.
func (p Password) Decoy() Password {
	nonce := NewNonce()
	decoy := newClearPassword(hex.EncodeToString(nonce[:]))
	if p.kind == nativeHash {
		return Password{kind: nativeHash, stage2: decoy.stage2}
	}
	return decoy
}

// String keeps passwords out of logs and error messages.
func (p Password) String() string { return "[password]" }

// GoString does the same for %#v.
func (p Password) GoString() string { return p.String() }

// Hashed reports whether only a hash of the password is known.
func (p Password) Hashed() bool { return p.kind == nativeHash }
