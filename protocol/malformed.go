package protocol

import "fmt"

// MalformedError says that bytes from the peer are not what the protocol allows at this place. The connection they came from
// can't be used any more: nobody knows where the next message begins.
type MalformedError struct {
	Message string // what was being read, "answer to the greeting"
	Reason  string // what is wrong with it; empty if Cause says it
	Cause   error  // *SequenceError for a packet out of order, else nil
	// Server is set if the packet out of order was an ERR: a server that closes an idle connection says so with sequence number
	// 0, and a command sent at that moment finds it in the place of its answer.
	Server *ERR
}

func (e *MalformedError) Error() string { return "malformed " + e.What() }

// What is the text for those who have said themselves that something is malformed.
func (e *MalformedError) What() string {
	text := e.Message
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	if e.Server != nil {
		text += ": the server says: " + e.Server.Error()
	}
	return text
}

func (e *MalformedError) Unwrap() error { return e.Cause }

// SequenceError says that a packet's sequence number isn't the one that follows.
type SequenceError struct {
	Got, Want byte
}

func (e *SequenceError) Error() string {
	return fmt.Sprintf("sequence number %d instead of %d", e.Got, e.Want)
}

func malformed(message, reason string, args ...any) *MalformedError {
	if len(args) > 0 {
		reason = fmt.Sprintf(reason, args...)
	}
	return &MalformedError{Message: message, Reason: reason}
}
