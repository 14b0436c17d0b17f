package stmt

import "parkway/protocol"

// MariaDB reads a text that a parameter is given as being of the character set that was in force when its type came,
// converts it to the collation of the connection that was in force then, and tells of the result what follows from
// that. Clients send types once, and may change the character set later. A server that has the statement, but not these
// types of that time, is told them then, by an execution without values: it takes the types, misses the values, and
// runs nothing.

// Unbound reports whether a server that has the statement as on has to be told the types first, in another environment than that of the session.
func (x *Execution) Unbound(on *Prepared, environment string) bool {
	return x.types != nil && !x.at.bound && x.types.texts && x.types.in != environment && !on.types.same(x.types)
}

// Environment is the one to tell them in.
func (x *Execution) Environment() string { return x.types.in }

// AppendBinding appends the payload of the execution without values, and takes the types for told.
func (x *Execution) AppendBinding(dst []byte, on *Prepared) []byte {
	head := protocol.Execute{StatementID: on.ID, Iterations: 1}
	dst = head.Append(dst)
	dst = append(dst, make([]byte, (len(x.types.list())/kindLen+7)/8)...) // no NULL
	on.types = x.types
	return append(dst, x.types.bound...)
}
