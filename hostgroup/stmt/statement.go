package stmt

import (
	"encoding/binary"
	"hash/fnv"
	"io"

	"parkway/protocol"
)

// Context is what decides, besides the text, what a statement means. It is that of the moment of COM_STMT_PREPARE, and a server
// remembers it with the statement: a statement prepared in schema a stays one of a after USE b. So a connection on which the
// statement is prepared later has to be brought to this schema and environment first, whatever the session's are by then.
type Context struct {
	User   string
	Schema string
	Class  protocol.Capability // the capabilities that change what a server sends or accepts
	// Environment stands for the session variables that change how a server reads a text: sql_mode, and character set and
	// collation of the connection. It must be comparable, and equal for equal variables; nil if none differ from the defaults.
	Environment any
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
	Hash uint64 // of user, schema, class and text; the same in all loops and processes

	// Owned by the loop.
	refs        int
	known       bool // a server has prepared it: params, columns and warnings are its
	params      int
	columns     int
	warnings    int
	definitions []byte // packets as they came, parameters before columns, without EOF packets; nil if they are not kept
	types       []*Types
	shapes      []string
	nextType    int             // which of types to replace next
	nextShape   int             // which of shapes
	idle        node[Statement] // in Registry.idle while refs is 0
	described   node[Statement] // in Registry.described while definitions are kept
}

func newStatement(k Key) *Statement {
	s := &Statement{Key: k, Hash: k.hash()}
	s.idle.owner, s.described.owner = s, s
	return s
}

// hash is FNV-1a: it names the statement to people and scripts, and is computed once.
func (k *Key) hash() uint64 {
	h := fnv.New64a()
	io.WriteString(h, k.User+"\x00"+k.Schema+"\x00")
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(k.Class)))
	io.WriteString(h, k.Text)
	return h.Sum64()
}

// Params is the number of parameters; 0 until a server has prepared the statement.
func (s *Statement) Params() int { return s.params }

// size is what the statement counts for in the registry's bytes.
func (s *Statement) size() int64 { return int64(len(s.Text) + len(s.definitions)) }
