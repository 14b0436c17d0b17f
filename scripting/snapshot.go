package scripting

import (
	"slices"

	"parkway/scripting/hook"
)

// clientCopy is a copy of a hook.Conn, for who reads it after the call.
type clientCopy struct {
	id         uint32
	addr       string
	port       int
	user       string
	schema     string
	attributes [][2]string
}

func copyConn(c hook.Conn) clientCopy {
	s := clientCopy{id: c.ID(), addr: c.ClientAddr(), port: c.ClientPort(), user: c.User(), schema: c.Schema()}
	c.Attributes(func(name, value string) { s.attributes = append(s.attributes, [2]string{name, value}) })
	return s
}

func (s *clientCopy) ID() uint32         { return s.id }
func (s *clientCopy) ClientAddr() string { return s.addr }
func (s *clientCopy) ClientPort() int    { return s.port }
func (s *clientCopy) User() string       { return s.user }
func (s *clientCopy) Schema() string     { return s.schema }
func (s *clientCopy) Attributes(each func(name, value string)) {
	for _, a := range s.attributes {
		each(a[0], a[1])
	}
}

// queryCopy is a copy of a hook.Query.
type queryCopy struct {
	clientCopy
	command       hook.Command
	sql           []byte
	whole         bool
	digest        uint64
	digestText    []byte
	hostgroup     int
	inTransaction bool
	params        []hook.Value
}

func copyQuery(q hook.Query) *queryCopy {
	s := &queryCopy{
		clientCopy: copyConn(q), command: q.Command(), sql: slices.Clone(q.SQL()), whole: q.Whole(), digest: q.Digest(),
		digestText: q.AppendDigestText(nil), hostgroup: q.Hostgroup(), inTransaction: q.InTransaction(), params: slices.Clone(q.Params()),
	}
	for i := range s.params {
		s.params[i].Bytes = slices.Clone(s.params[i].Bytes)
	}
	return s
}

func (s *queryCopy) Command() hook.Command              { return s.command }
func (s *queryCopy) SQL() []byte                        { return s.sql }
func (s *queryCopy) Whole() bool                        { return s.whole }
func (s *queryCopy) Digest() uint64                     { return s.digest }
func (s *queryCopy) AppendDigestText(dst []byte) []byte { return append(dst, s.digestText...) }
func (s *queryCopy) Hostgroup() int                     { return s.hostgroup }
func (s *queryCopy) InTransaction() bool                { return s.inTransaction }
func (s *queryCopy) Params() []hook.Value               { return s.params }
