package protocol

// StateChangeType is what a session-state tracker reports on.
type StateChangeType byte

// The trackers under their protocol names.
const (
	TrackSystemVariables            StateChangeType = 0
	TrackSchema                     StateChangeType = 1
	TrackStateChange                StateChangeType = 2
	TrackGTIDs                      StateChangeType = 3
	TrackTransactionCharacteristics StateChangeType = 4
	TrackTransactionState           StateChangeType = 5
)

// StateChange is one report. Name is set for a system variable only. Value is the variable's new value, the schema, "1" for a
// changed state, the GTIDs, the statements that make the characteristics of the transaction, or the eight letters of its
// state.
type StateChange struct {
	Type  StateChangeType
	Name  []byte
	Value []byte
}

// StateChanges walks over the tracker block of an OK packet:
//
//	for it := NewStateChanges(ok.StateChanges); it.Next(); {
//		use(it.Change())
//	}
type StateChanges struct {
	block  fields
	entry  fields // the rest of the entry that is being read: MariaDB puts several variables into one
	change StateChange
	err    error
}

// bare reports whether the whole entry is the value, without a length of its own: TrackStateChange, of which MariaDB 10.11 and MySQL 9 send
// 02 01 '1', and types that nobody knows.
func (t StateChangeType) bare() bool {
	return t == TrackStateChange || t > TrackTransactionState
}

// readStateChange reads one report of type t from an entry.
func readStateChange(f *fields, t StateChangeType) StateChange {
	c := StateChange{Type: t}
	switch {
	case t.bare():
		c.Value = f.take(len(f.rest))
		return c
	case t == TrackSystemVariables:
		c.Name = f.lenencBytes()
	case t == TrackGTIDs:
		f.uint8() // how they are encoded: 0, as text
	}
	c.Value = f.lenencBytes()
	return c
}

// NewStateChanges begins at the start of block. What it gives aliases block.
func NewStateChanges(block []byte) StateChanges {
	return StateChanges{block: fields{rest: block}}
}

// Next goes to the next report. It returns false behind the last one and at one that is malformed: see Err.
func (s *StateChanges) Next() bool {
	if len(s.entry.rest) == 0 {
		if s.err != nil || len(s.block.rest) == 0 {
			return false
		}
		s.change.Type = StateChangeType(s.block.uint8())
		s.entry.rest = s.block.lenencBytes()
	}
	s.change = readStateChange(&s.entry, s.change.Type)
	if s.block.short || s.entry.short {
		s.err = malformed("session-state tracker", "type %d", s.change.Type)
		s.block.rest, s.entry.rest = nil, nil
		return false
	}
	return true
}

// Change is the report that Next went to.
func (s *StateChanges) Change() StateChange { return s.change }

// Err is a *MalformedError if the walk ended early.
func (s *StateChanges) Err() error { return s.err }

// Append writes the report as an entry of a tracker block.
func (c *StateChange) Append(dst []byte) []byte {
	size := lenencSize(len(c.Value))
	switch {
	case c.Type == TrackSystemVariables:
		size += lenencSize(len(c.Name))
	case c.Type == TrackGTIDs:
		size++
	case c.Type.bare():
		size = len(c.Value)
	}
	dst = append(dst, byte(c.Type))
	dst = AppendLenencInt(dst, uint64(size))
	switch {
	case c.Type == TrackSystemVariables:
		dst = AppendLenencBytes(dst, c.Name)
	case c.Type == TrackGTIDs:
		dst = append(dst, 0)
	case c.Type.bare():
		return append(dst, c.Value...)
	}
	return AppendLenencBytes(dst, c.Value)
}
