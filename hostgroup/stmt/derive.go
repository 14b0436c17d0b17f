package stmt

import "parkway/protocol"

// MySQL, from 8.0.22 on, derives the types of a statement's parameters when it prepares the text, says so in the answer, and keeps to them: what
// was prepared for a number gives HEX(123) for a later '123'. A value that it does not convert to the type of its parameter makes it prepare the
// text again, for the types of all values of that execution and under the session's variables of that moment: the character set of what the
// statement computes shows which. So a statement on a server is either as it was prepared, or as one execution has made it, and only the client's
// own executions may decide which of them a client meets. (Measured on 9.7; Prepared_statement::check_parameter_types is where the server does it.)

// derives reports whether it is known what the server derived from the text: there are parameters, and it is MySQL.
func (e *Entry) derives() bool { return e.Statement.derived != "" }

// Derivation reads what MySQL derived for a statement's parameters from its answer to a client's COM_STMT_PREPARE. The zero value reads nothing.
type Derivation struct {
	of    *Statement // nil: there is nothing to read any more
	at    int        // packets that were read: the head, and the parameters' definitions
	kinds []byte     // of these; nil while they are as known
}

// NewDerivation is for a statement whose head has been read (Prepared), and an answer that is still to be read from its first byte on.
func NewDerivation(s *Statement) Derivation {
	if s.params == 0 {
		return Derivation{}
	}
	return Derivation{of: s}
}

// Read takes the next packets of the answer, whole ones, which go to a client with these capabilities.
func (d *Derivation) Read(chunk []byte, caps protocol.Capability) {
	for d.of != nil && len(chunk) >= protocol.HeaderLen {
		length, _ := protocol.Header(chunk)
		end := protocol.HeaderLen + length
		var c protocol.ColumnDefinition
		if len(chunk) < end || d.at > 0 && c.Decode(chunk[protocol.HeaderLen:end], caps) != nil {
			d.of = nil
			return
		}
		chunk = chunk[end:]
		if d.at > 0 {
			d.add(&c)
		}
		if d.at++; d.at > d.of.params {
			d.end()
		}
	}
}

// add takes the definition of the next parameter.
func (d *Derivation) add(c *protocol.ColumnDefinition) {
	kind := [kindLen]byte{byte(derivedFamily(c.Type))}
	if c.Flags&columnUnsigned != 0 {
		kind[1] = unsigned
	}
	at, known := kindLen*(d.at-1), d.of.derived
	if d.kinds == nil && at < len(known) && known[at:at+kindLen] == string(kind[:]) {
		return
	}
	if d.kinds == nil {
		d.kinds = append(make([]byte, 0, kindLen*d.of.params), known[:min(at, len(known))]...)
	}
	d.kinds = append(d.kinds, kind[:]...)
}

// end notes what was read.
func (d *Derivation) end() {
	s := d.of
	d.of = nil
	if d.kinds == nil {
		return
	}
	s.derived = string(d.kinds)
}

const (
	columnUnsigned = 0x20 // among the flags of a column
	unsigned       = 0x80 // in the second byte of a kind
)

// derivedFamily is family for what MySQL makes of a value.
func derivedFamily(t protocol.ColumnType) protocol.ColumnType {
	switch t {
	case protocol.TypeTimestamp:
		return protocol.TypeDatetime
	case protocol.TypeBit:
		return protocol.TypeLongLong
	}
	return family(t)
}

// accepts reports whether MySQL, which has derived one kind for a parameter, takes a value of another for it as it is.
func accepts(derived, value string) bool {
	v := derivedFamily(protocol.ColumnType(value[0]))
	integer, decimal, double := v == protocol.TypeLongLong, v == protocol.TypeDecimal, v == protocol.TypeDouble
	date, daytime, datetime := v == protocol.TypeDate, v == protocol.TypeTime, v == protocol.TypeDatetime
	if !integer && !decimal && !double && !date && !daytime && !datetime {
		return true // NULL, or a text
	}
	switch protocol.ColumnType(derived[0]) {
	case protocol.TypeLongLong:
		return integer && derived[1] == value[1]
	case protocol.TypeDecimal:
		return integer || decimal
	case protocol.TypeDouble:
		return integer || decimal || double
	case protocol.TypeDate:
		return !daytime && !datetime
	case protocol.TypeTime:
		return !date
	case protocol.TypeVarString, protocol.TypeBlob, protocol.TypeJSON:
		return false
	}
	return true
}

// null is the kind of a NULL. In a shape, it leaves a parameter what the text makes of it.
var null = string([]byte{byte(protocol.TypeNull), 0})

// Derive follows what an execution that was read from message makes MySQL derive. environment is the session's. Until Executed it is for the same
// execution again, which had to wait: what the server was asked meanwhile may have told of another environment.
func (e *Entry) Derive(message []byte, x Execution, environment string) {
	if !e.derives() || x.types == nil || x.Need > 0 {
		return
	}
	e.asBefore()
	nulls := message[protocol.HeaderLen+x.at.flag-(x.at.count+7)/8:]
	s := e.Statement
	e.effects.anewAtFirst = e.as.shape == "" || s.derivesFor("", x.types, nulls)
	if s.derivesFor(e.as.shape, x.types, nulls) {
		e.effects.anew, e.before = true, e.as
		e.as = derivation{shape: s.shapeOf(x.types, nulls), in: environment}
	}
}

// derivesFor reports whether values of these types make MySQL derive anew the statement which is in a shape; "": as it was prepared.
func (s *Statement) derivesFor(shape string, t *Types, nulls []byte) bool {
	for i := range s.params {
		if !isNull(nulls, i) && !accepts(s.kindIn(shape, i), t.kind(i)) {
			return true
		}
	}
	return false
}

// derivation is what one execution has made MySQL derive; the zero value is that none has.
type derivation struct {
	shape string // see Slot
	in    string // the environment of that moment
}

// Underived undoes Derive for an execution that reached no server, or none that has the statement. server may be nil.
func (c *ClientStatements) Underived(e *Entry, server *ServerStatements) {
	if !e.effects.anew {
		return
	}
	if !e.anchored() {
		server.retire(c.Slot(e))
	}
	e.asBefore()
}

// asBefore undoes what Derive has noted for the execution under way.
func (e *Entry) asBefore() {
	if e.effects.anew {
		e.effects.anew, e.as = false, e.before
	}
}

// Before is where the statement was on a server before the execution under way, which makes it what the slot says.
func (e *Entry) Before(at Slot) Slot {
	at.shape, at.in, at.derived = e.before.shape, e.before.in, e.before.shape != ""
	return at
}

// Anew reports whether the execution under way, until Executed, makes MySQL derive the statement anew, by its text in its schema.
func (e *Entry) Anew() bool { return e.effects.anew }

func isNull(nulls []byte, i int) bool { return nulls[i/8]&(1<<(i%8)) != 0 }

// kind is the kind of a parameter.
func (t *Types) kind(i int) string { return t.kinds[kindLen*i : kindLen*(i+1)] }

// kindIn is the kind of a parameter of a statement in a shape.
func (s *Statement) kindIn(shape string, i int) string {
	at := kindLen * i
	if shape != "" && shape[at:at+kindLen] != null {
		return shape[at : at+kindLen]
	}
	return s.derived[at : at+kindLen]
}

// shapeOf is the shape of a statement that was derived anew for values of these types. Without allocation if it was seen before.
func (s *Statement) shapeOf(t *Types, nulls []byte) string {
	buf := s.shape[:0]
	for i := range s.params {
		if isNull(nulls, i) {
			buf = append(buf, null...)
		} else {
			buf = append(buf, byte(derivedFamily(protocol.ColumnType(t.kind(i)[0]))), t.kind(i)[1])
		}
	}
	s.shape = buf
	for _, known := range s.shapes {
		if known == string(buf) {
			return known
		}
	}
	shape := string(buf)
	s.shapes = remember(s.shapes, shape, &s.nextShape)
	return shape
}

// becomes reports whether a statement that is as it was prepared is fit for the slot: the next execution makes it what the slot says.
func (s Slot) becomes() bool {
	return s.owner == 0 && (!s.derived || s.in == s.Statement.Environment || s.fromPrepared())
}

// fromPrepared reports whether values as the slot has them make MySQL derive the same of the statement as the client has prepared it. Texts keep
// the collation and the length in characters of before; those of a NULL are of the environment in which it is derived anew.
func (s Slot) fromPrepared() (anew bool) {
	for i := range s.Statement.params {
		at := kindLen * i
		kind, prepared := s.shape[at:at+kindLen], s.Statement.kindIn("", i)
		if kind == null && isText(prepared) {
			return false
		}
		anew = anew || !accepts(prepared, kind)
	}
	return anew
}

// isText reports whether a kind is that of a text, or of bytes.
func isText(kind string) bool {
	t := protocol.ColumnType(kind[0])
	return t == protocol.TypeVarString || t == protocol.TypeBlob
}

// Environment is the one to prepare the statement in for the execution under way, in this slot: its own if the
// execution makes MySQL derive the rest, else that of the slot, where more of it is as it should be.
func (e *Entry) Environment(at Slot) string {
	if at.derived && !(e.effects.anewAtFirst && at.fromPrepared()) {
		return at.in
	}
	return e.Statement.Environment
}

// Unsettled returns the environment in which the next execution has to make the server derive what the statement computes; ok is false if it
// need not: the server has done that, or never will. on may be nil.
func (on *Prepared) Unsettled() (environment string, ok bool) {
	if on == nil || on.settled || !on.slot.derived {
		return "", false
	}
	return on.slot.in, true
}

// Settle is to be called when the statement in this slot was executed.
func (s *ServerStatements) Settle(at Slot) {
	if !at.derived {
		return
	}
	if p := s.in(at); p != nil {
		p.settled = true
	}
}

// Rebinds returns the environment of the types that an execution without types tells a server anew which has the statement as on; ok is false
// if it tells none.
func (x *Execution) Rebinds(on *Prepared) (environment string, ok bool) {
	if on == nil || x.types == nil || x.at.bound || on.types.same(x.types) {
		return "", false
	}
	return x.types.in, true
}
