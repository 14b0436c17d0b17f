package pool

import (
	"parkway/hostgroup"
	"parkway/hostgroup/backend"
	"parkway/protocol"
)

// blame returns what a failed attempt to connect says about the server. known is
// false if it says nothing: the server is well, and has refused this login.
func blame(err *backend.Error) (event hostgroup.Event, known bool) {
	said := err.Said()
	switch {
	case said != nil && said.Code == protocol.ErrCodeTooManyConnections:
		return hostgroup.ServerFull, true
	case err.Stage > backend.StagePrepare:
		return 0, false
	case said != nil && err.Stage > backend.StageGreet && said.Code != protocol.ErrCodeServerShutdown:
		return 0, false
	case said == nil && !err.Retryable(): // what the proxy knows of the user does not suffice
		return 0, false
	}
	return hostgroup.ConnectError, true
}
