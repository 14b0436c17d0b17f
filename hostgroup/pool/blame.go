package pool

import (
	"errors"

	"parkway/hostgroup"
	"parkway/hostgroup/backend"
	"parkway/protocol"
)

// blame returns what a failed attempt to connect says about the server. known is
// false if it says nothing: the server is well, and has refused this login.
func blame(err *backend.Error) (event hostgroup.Event, known bool) {
	code, said := saidBy(err)
	switch {
	case said && code == protocol.ErrCodeTooManyConnections:
		return hostgroup.ServerFull, true
	case err.Stage > backend.StagePrepare:
		return 0, false
	case said && err.Stage > backend.StageGreet && code != protocol.ErrCodeServerShutdown:
		return 0, false
	case !said && !err.Retryable(): // what the proxy knows of the user does not suffice
		return 0, false
	}
	return hostgroup.ConnectError, true
}

// saidBy returns the code of the server's own words, if it left with any.
func saidBy(err error) (code uint16, said bool) {
	var own *protocol.ERR
	var malformed *protocol.MalformedError
	switch {
	case errors.As(err, &own):
		return own.Code, true
	case errors.As(err, &malformed) && malformed.Server != nil:
		return malformed.Server.Code, true
	}
	return 0, false
}
