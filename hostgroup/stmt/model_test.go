package stmt

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"parkway/protocol"
)

// modelServer is one backend connection as a server sees it.
type modelServer struct {
	next  uint32
	types map[uint32]string // by statement id: what it was told last
	first map[uint32]string // by statement id: what it was told first, after which MySQL computes
	long  map[uint32]string // by statement id: who sent long data for it
	known ServerStatements
}

// execute reads an execution and returns with which types its values are understood.
func (m *modelServer) execute(t *testing.T, message []byte, params int, caps protocol.Capability) (id uint32, types string) {
	t.Helper()
	at, need := locate(message[protocol.HeaderLen:], params, caps)
	if need > 0 {
		t.Fatalf("%q: needs %d", message, need)
	}
	id, _ = ReadID(message)
	known, ok := m.types[id]
	if !ok {
		t.Fatalf("statement %d is not there", id)
	}
	if at.bound {
		known = string(message[protocol.HeaderLen:][at.types:at.end])
		m.types[id] = known
	}
	return id, known
}

// Clients that share servers, with the same texts and different types, are understood as if each had one of its own.
func TestSharedServers(t *testing.T) {
	for _, caps := range []protocol.Capability{0, attributes} {
		for seed := range uint64(20) {
			t.Run(fmt.Sprintf("%v, seed %d", caps, seed), func(t *testing.T) {
				m := newModel(rand.New(rand.NewPCG(seed, 7)), caps)
				for range 3000 {
					m.step(t)
				}
			})
		}
	}
}

type modelClient struct {
	*ClientStatements
	server *modelServer      // held
	told   map[uint32]string // by client id: the types it has sent
}

type model struct {
	random  *rand.Rand
	caps    protocol.Capability
	r       *Registry
	servers []*modelServer
	clients []*modelClient
	patcher Patcher
}

const modelParams = 2

func newModel(random *rand.Rand, caps protocol.Capability) *model {
	m := &model{random: random, caps: caps, r: NewRegistry(4, 1<<20)}
	for range 3 {
		m.servers = append(m.servers, &modelServer{types: map[uint32]string{}, first: map[uint32]string{}, long: map[uint32]string{}, known: *NewServerStatements(3)})
	}
	for range 4 {
		m.clients = append(m.clients, &modelClient{ClientStatements: NewClientStatements(m.r, 8, 1<<20), told: map[uint32]string{}})
	}
	return m
}

// step lets a random client do something.
func (m *model) step(t *testing.T) {
	c := m.clients[m.random.IntN(len(m.clients))]
	ids := []uint32{}
	for id := range c.entries {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if len(ids) == 0 || m.random.IntN(6) == 0 {
		if c.Check(1) == nil {
			s := m.r.Acquire(Context{}, []byte{'a' + byte(m.random.IntN(6))})
			s.params = modelParams
			e := c.Add(s)
			delete(c.told, e.ID)
			if server := m.attach(t, c); server != nil && m.random.IntN(2) == 0 {
				server.prepare(c.Slot(e)) // for the client's COM_STMT_PREPARE
			}
			if c.Held() == 0 {
				c.server = nil
			}
		}
		return
	}
	e := c.Find(ids[m.random.IntN(len(ids))])
	switch m.random.IntN(10) {
	case 0:
		c.Close(e, c.attached())
	case 2:
		c.Reset(e, c.attached())
	case 1:
		m.longData(t, c, e)
	default:
		m.execute(t, c, e)
	}
	if c.Held() == 0 {
		c.server = nil
	}
}

// attached is what is known of the server that the client holds; nil if none.
func (c *modelClient) attached() *ServerStatements {
	if c.server == nil {
		return nil
	}
	return &c.server.known
}

// attach gives the client a server, and closes what is too much there; nil if there is none free.
func (m *model) attach(t *testing.T, c *modelClient) *modelServer {
	t.Helper()
	for c.server == nil {
		s := m.servers[m.random.IntN(len(m.servers))]
		if !slices.ContainsFunc(m.clients, func(o *modelClient) bool { return o.server == s }) {
			c.server = s
		} else if m.random.IntN(20) == 0 {
			return nil
		}
	}
	s := c.server
	for _, id := range closedIDs(t, s.known.AppendCloses(nil, c.ClientStatements)) {
		delete(s.types, id)
		delete(s.first, id)
		delete(s.long, id)
	}
	return s
}

// prepare finds the statement in the slot, or prepares it.
func (m *modelServer) prepare(at Slot) *Prepared {
	p := m.known.Find(at)
	if p == nil {
		m.next++
		m.types[m.next] = ""
		p = m.known.Add(at, m.next)
	}
	return p
}

func (m *model) longData(t *testing.T, c *modelClient, e *Entry) {
	s := m.attach(t, c)
	if s == nil {
		return
	}
	s.long[s.prepare(c.LongDataSlot(e)).ID] = fmt.Sprintf("%p %d", c, e.ID)
	c.SentLongData(e)
}

func (m *model) execute(t *testing.T, c *modelClient, e *Entry) {
	s := m.attach(t, c)
	if s == nil {
		return
	}
	x := execution{id: e.ID, caps: m.caps, values: [][]byte{{1}, {2}}}
	if _, ok := c.told[e.ID]; !ok || m.random.IntN(4) == 0 {
		x.types = [][]byte{{byte(10 + m.random.IntN(4)), 0}, {byte(10 + m.random.IntN(4)), 0}} // none converts to another
	}
	sent := message(x.payload())
	if x.types != nil {
		at, _ := locate(sent[protocol.HeaderLen:], modelParams, m.caps)
		c.told[e.ID] = string(sent[protocol.HeaderLen:][at.types:at.end])
	}
	read, refusal := e.Read(sent, true, m.caps, "")
	if refusal != nil || read.Need > 0 {
		t.Fatalf("%v, needs %d", refusal, read.Need)
	}
	// A first try on a server that is lost changes nothing.
	if m.random.IntN(5) == 0 {
		m.patcher.Patch(sent, read, &Prepared{ID: 999})
	}
	at := c.Slot(e)
	p := s.prepare(at)
	patch := m.patcher.Patch(sent, read, p)
	got := apply(patch, sent)
	if !bytes.HasSuffix(got, []byte{1, 1, 1, 2}) {
		t.Fatalf("values are lost: %q", got)
	}
	id, types := s.execute(t, got, modelParams, m.caps)
	if types != c.told[e.ID] {
		t.Fatalf("understood as %q, meant as %q", types, c.told[e.ID])
	}
	if first, ok := s.first[id]; !ok {
		s.first[id] = types
	} else if first != types && at.owner == 0 {
		t.Fatalf("statement %d was told %q first and then %q", id, first, types)
	}
	if who, want := s.long[id], fmt.Sprintf("%p %d", c, e.ID); who != "" && who != want {
		t.Fatalf("statement %s executes with long data of %s", want, who)
	}
	delete(s.long, id)
	failed := m.random.IntN(8) == 0
	if failed {
		s.known.Forget(at)
		if m.random.IntN(2) == 0 {
			s.types[id] = "lost"
		}
	}
	c.Executed(e, &s.known, m.random.IntN(4) == 0, failed)
}
