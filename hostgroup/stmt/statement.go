package stmt

import (
	"parkway/protocol"
	"parkway/protocol/digest"
)

// Context is what decides, besides the text, what a statement means. It is that of the moment of COM_STMT_PREPARE, and a server
// remembers it with the statement: a statement prepared in schema a stays one of a after USE b. So a connection on which the
// statement is prepared later has to be brought to this schema and environment first, whatever the session's are by then.
type Context struct {
	User   string
	Schema string
	Class  protocol.Capability // the capabilities that change what a server sends or accepts
	// Environment tells the session variables that change how a server reads a text, those of the function Environment. It is
	// equal for equal variables; "" if none differ from the defaults.
	Environment string
}

// Key identifies a statement within a loop.
type Key struct {
	Context
	Text string
}

// Statement is one text in one context. It belongs to its Registry's loop.
type Statement struct {
	// Immutable.
	Key

	// Owned by the loop.

	// What the text says, and the options that it was read with: they follow from the Key. Whoever acquires the statement for a
	// client's COM_STMT_PREPARE fills them in.
	Info    digest.Info
	Options digest.Options

	sql       []byte // see SQL
	refs      int
	single    bool // not in the registry: see AcquireSingle
	params    int
	derived   string // kinds of the parameters as MySQL has derived them from the text; "" if no server says
	shape     []byte // where shapeOf works
	types     []*Types
	shapes    []string
	nextType  int             // which of types to replace next
	nextShape int             // which of shapes
	idle      node[Statement] // in Registry.idle while refs is 0
}

func newStatement(k Key) *Statement {
	s := &Statement{Key: k}
	s.idle.owner = s
	return s
}

// SQL is the text as bytes, which nobody may change: made when it is first asked for.
func (s *Statement) SQL() []byte {
	if s.sql == nil {
		s.sql = []byte(s.Text)
	}
	return s.sql
}

// Params is the number of parameters; 0 until a server has prepared the statement.
func (s *Statement) Params() int { return s.params }

// Prepared notes what a server answered to a client's COM_STMT_PREPARE.
func (s *Statement) Prepared(head protocol.PrepareOK) { s.params = int(head.Params) }
