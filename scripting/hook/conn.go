package hook

import (
	"fmt"
	"time"
)

// Conn is what scripts see of a client. The strings it returns may be kept.
type Conn interface {
	ID() uint32         // as the client has it from CONNECTION_ID()
	ClientAddr() string // its IP address; "localhost" for a unix socket
	ClientPort() int    // 0 for a unix socket
	User() string       // who it says it is; "" in onConnect
	Schema() string     // the one in use; "" for none
	// Attributes calls each for every attribute that the client sent with its login, in their order. None in onConnect.
	Attributes(each func(name, value string))
}

// Rejection is an error that the client reads.
type Rejection struct {
	Code    uint16 // an error number of MySQL's, 1148 (ER_NOT_ALLOWED_COMMAND) if the script named none
	State   string // its SQLSTATE, five characters
	Message string // of the script's own words
}

// Error is for sql(), where a server's error is one.
func (r *Rejection) Error() string {
	return fmt.Sprintf("ERROR %d (%s): %s", r.Code, r.State, r.Message)
}

// ConnectVerdict is what a script says of a client that came.
type ConnectVerdict struct {
	Reject *Rejection // nil: it is greeted
}

// Auth is a login that succeeded.
type Auth struct {
	User   string
	Plugin string // that it was verified with, such as caching_sha2_password
	Schema string // that it asked for; "": none
	TLS    bool
}

// Unset is a number or duration that a script has said nothing about.
const Unset = -1

// AuthVerdict is what a script says of a login.
type AuthVerdict struct {
	Reject *Rejection // nil: it is welcome

	// Who the session is at the servers: "" as it logged in. Without HasPassword, the account's password is the one that the configuration
	// has for BackendUser.
	BackendUser     string
	BackendPassword string
	HasPassword     bool

	Hostgroup int // in place of the account's default_hostgroup; Unset
	Schema    string
	HasSchema bool // Schema is used instead of the one it asked for
}

// Stats is what a client's stay amounted to.
type Stats struct {
	Duration time.Duration
	Queries  uint64 // commands that were answered
	BytesIn  uint64 // from the client
	BytesOut uint64 // to the client
	// Aborted says that the client did not say goodbye: its connection was lost, killed, timed out.
	Aborted bool
}
