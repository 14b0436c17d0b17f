package auth

import (
	"errors"
	"fmt"
)

// ErrDenied is the only answer to a wrong password, an unknown user and a wrong password kind alike.
var ErrDenied = errors.New("access denied")

// ErrNeedClear says that the server insists on a plugin that needs the clear password while only a hash is known, and what the
// user can do, who reads it as the answer to a statement. Errors that wrap it name the plugin. What reveals the password to the
// proxy follows from cachingSHA2Obstacle.
var ErrNeedClear = errors.New("the server wants the clear password and only a mysql_native_password hash is known: " +
	"put the clear password into mysql_users, or log in once with caching_sha2_password, over the proxy's unix socket or " +
	"with a client of MySQL 9 that encrypts the password (mysql --get-server-public-key)")

// ErrNoCredential says that the users table holds only a hash and that no client's login has revealed yet what a login to
// a server needs.
var ErrNoCredential = errors.New("only a password hash is configured and no client has logged in with it yet")

// ErrFinished is returned by a Step after the exchange ended.
var ErrFinished = errors.New("authentication exchange already ended")

// MalformedError is a payload that the plugin's protocol does not allow at this point.
type MalformedError struct {
	Plugin string
	Reason string
}

func (e *MalformedError) Error() string {
	return fmt.Sprintf("malformed authentication data for plugin %s: %s", e.Plugin, e.Reason)
}

// UnsupportedPluginError names an authentication plugin that cannot be used with this peer. Reason, if not empty, says why
// a plugin that exists here cannot be used in this case.
type UnsupportedPluginError struct {
	Plugin string
	Reason string
}

func (e *UnsupportedPluginError) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("authentication plugin '%.64s' is not supported", e.Plugin)
	}
	return fmt.Sprintf("authentication plugin '%.64s' cannot be used: %s", e.Plugin, e.Reason)
}
