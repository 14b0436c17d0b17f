package session

import (
	"bytes"

	"parkway/protocol"
)

// dues are reports that a client is still to be told.
type dues struct {
	block  []byte // a tracker block: of what was reported twice, the last report
	schema bool   // where the session is, by the time that it is told
}

// none reports whether there is nothing to be told.
func (d *dues) none() bool { return len(d.block) == 0 && !d.schema }

// add notes a tracker block, which is kept. What was to be told of the same before is out of date.
func (d *dues) add(block []byte) {
	if len(block) > 0 {
		d.block = appendMissing(block, d.block)
	}
}

// pay appends all to a tracker block, but for what that tells already. schema is where the session is.
func (d *dues) pay(block []byte, schema string) []byte {
	if d.schema && !reports(block, protocol.TrackSchema, nil) {
		change := protocol.StateChange{Type: protocol.TrackSchema, Value: []byte(schema)}
		block = change.Append(block)
	}
	block = appendMissing(block, d.block)
	*d = dues{}
	return block
}

// appendMissing appends the reports of a tracker block on variables that dst has none on.
func appendMissing(dst, block []byte) []byte {
	for it := protocol.NewStateChanges(block); it.Next(); {
		if c := it.Change(); !reports(dst, c.Type, c.Name) {
			dst = c.Append(dst)
		}
	}
	return dst
}

// reports reports whether a tracker block has a report of this type; of variables, on the one of this name.
func reports(block []byte, t protocol.StateChangeType, name []byte) bool {
	for it := protocol.NewStateChanges(block); it.Next(); {
		if c := it.Change(); c.Type == t && (t != protocol.TrackSystemVariables || bytes.Equal(c.Name, name)) {
			return true
		}
	}
	return false
}

// withoutSchema is a tracker block without reports of the schema.
func withoutSchema(block []byte) []byte {
	var kept []byte
	for it := protocol.NewStateChanges(block); it.Next(); {
		if c := it.Change(); c.Type != protocol.TrackSchema {
			kept = c.Append(kept)
		}
	}
	return kept
}
