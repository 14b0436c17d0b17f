package stmt

import "parkway/protocol"

// What MySQL derives anew for a text is a text, and for bytes, as which programs send long data, it is bytes; then it
// takes either for the other, as it is. So the execution that makes another server derive what a slot says has to say
// of its values what those said that made the client's own do so. On the wire they are the same.

// retyped returns the types that the execution is to be sent with, behind the flag that says that they follow; "" are
// the client's. on is where it runs.
func (x *Execution) retyped(on *Prepared) (bound string) {
	if x.types == nil || on.settled || !on.slot.derived || len(on.slot.shape) != len(x.types.kinds) {
		return ""
	}
	for i := 0; i < len(x.types.kinds); i += kindLen {
		if kind, derived := x.types.kinds[i:i+kindLen], on.slot.shape[i:i+kindLen]; kind[0] != derived[0] && isText(kind) && isText(derived) {
			return x.types.as(on.slot.shape)
		}
	}
	return ""
}

// as is t's bound where texts and bytes have the types of a shape.
func (t *Types) as(shape string) string {
	b := []byte(t.bound)
	named := len(t.list()) != len(t.kinds)
	for i, at := 0, len(typesFollow); i < len(shape); i += kindLen {
		if isText(shape[i:]) && isText(t.kinds[i:]) {
			b[at] = shape[i]
		}
		at += kindLen
		if named {
			_, n, _ := protocol.ReadLenencBytes(b[at:])
			at += n
		}
	}
	return string(b)
}
