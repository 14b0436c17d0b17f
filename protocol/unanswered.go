package protocol

import "errors"

// Why a server is not heard of, in words: what the system says of it names calls
// and addresses.
var (
	ErrHungUp   = errors.New("the server has closed the connection")
	ErrNoAnswer = errors.New("no answer in time")
)
