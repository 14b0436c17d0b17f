package stmt

import (
	"testing"

	"parkway/protocol"
)

const (
	ofInteger  = byte(protocol.TypeLongLong)
	ofDouble   = byte(protocol.TypeDouble)
	ofDecimal  = byte(protocol.TypeNewDecimal)
	ofText     = byte(protocol.TypeVarString)
	ofBlob     = byte(protocol.TypeBlob)
	ofDay      = byte(protocol.TypeDate)
	ofDaytime  = byte(protocol.TypeTime)
	ofDatetime = byte(protocol.TypeDatetime)
)

// definitions is the beginning of an answer to COM_STMT_PREPARE: the head and the definitions of parameters.
func definitions(params ...protocol.ColumnDefinition) []byte {
	head := protocol.PrepareOK{StatementID: 1, Params: uint16(len(params))}
	answer := protocol.AppendPacket(nil, head.Append(nil, 0), 1)
	for i := range params {
		params[i].Name = "?"
		answer = protocol.AppendPacket(answer, params[i].Append(nil, 0), byte(2+i))
	}
	return answer
}

// derived is an open statement of which MySQL has derived these types.
func derived(c *ClientStatements, sql string, types ...byte) *Entry {
	params := make([]protocol.ColumnDefinition, len(types))
	for i, t := range types {
		params[i].Type = protocol.ColumnType(t)
	}
	e := c.Add(c.registry.Acquire(Context{Environment: "first"}, []byte(sql)))
	e.Statement.params = len(types)
	d := NewDerivation(e.Statement)
	d.Read(definitions(params...), 0)
	return e
}

// executes follows an execution, the one before having ended; a type of 0 is a NULL.
func executes(t *testing.T, c *ClientStatements, e *Entry, environment string, kinds ...byte) Slot {
	t.Helper()
	c.Executed(e, nil, false, false)
	return examines(t, c, e, environment, kinds...)
}

// examines is executes for an execution that may be the one before.
func examines(t *testing.T, c *ClientStatements, e *Entry, environment string, kinds ...byte) Slot {
	t.Helper()
	x := execution{}
	for _, k := range kinds {
		value := []byte{1}
		if k == 0 {
			value, k = nil, ofInteger
		}
		x.values = append(x.values, value)
		x.types = append(x.types, []byte{k, 0})
	}
	m := message(x.payload())
	read, refusal := e.Read(m, true, 0, "")
	if refusal != nil {
		t.Fatal(refusal)
	}
	e.Derive(m, read, environment)
	return c.Slot(e)
}

func TestDerivation(t *testing.T) {
	answer := definitions(protocol.ColumnDefinition{Type: protocol.TypeLongLong, Flags: columnUnsigned}, protocol.ColumnDefinition{Type: protocol.TypeNewDecimal},
		protocol.ColumnDefinition{Type: protocol.TypeTimestamp})
	const want = "\x08\x80\x00\x00\x0c\x00"
	for cut := range len(answer) + 1 {
		s := newStatement(Key{Text: "SELECT ?"})
		s.params = 3
		d := NewDerivation(s)
		whole := 0 // only whole packets are read
		for whole < cut {
			n, _ := protocol.Header(answer[whole:])
			if whole+protocol.HeaderLen+n > cut {
				break
			}
			whole += protocol.HeaderLen + n
		}
		d.Read(answer[:whole], 0)
		if known := s.derived != ""; known != (whole == len(answer)) {
			t.Errorf("cut at %d: %q", cut, s.derived)
		}
		d.Read(answer[whole:], 0)
		if s.derived != want {
			t.Errorf("cut at %d: %q, want %q", cut, s.derived, want)
		}
	}
	s := newStatement(Key{Text: "SELECT ?"})
	s.params = 3
	d := NewDerivation(s)
	d.Read(answer, 0)
	known := s.derived
	if allocs := testing.AllocsPerRun(100, func() {
		d := NewDerivation(s)
		d.Read(answer, 0)
	}); allocs > 0 || s.derived != known {
		t.Errorf("what is known already: %v allocations, %q", allocs, s.derived)
	}
}

// What a server makes of a statement follows from what it has derived, not from what the client sends.
func TestDerive(t *testing.T) {
	for _, test := range []struct {
		name       string
		derived    []byte
		executions [][]byte
		anew       []bool // of each execution: the server derives the statement anew
	}{
		{"texts and NULLs", []byte{ofInteger, ofText}, [][]byte{{ofText, ofText}, {0, 0}, {ofBlob, 0}}, []bool{false, false, false}},
		{"numbers", []byte{ofInteger, ofDouble, ofDecimal}, [][]byte{{ofInteger, ofInteger, ofInteger}, {ofInteger, ofDecimal, ofDecimal}}, []bool{false, false}},
		{"a number for a text", []byte{ofText}, [][]byte{{ofText}, {ofInteger}, {ofInteger}, {ofText}, {ofDouble}, {ofInteger}}, []bool{false, true, false, false, true, false}},
		{"a decimal for an integer", []byte{ofInteger}, [][]byte{{ofDecimal}, {ofInteger}, {ofDouble}, {ofDecimal}}, []bool{true, false, true, false}},
		{"dates", []byte{ofDay}, [][]byte{{ofDay}, {ofInteger}, {ofDatetime}, {ofDay}, {ofDaytime}}, []bool{false, false, true, false, false}},
		{"times", []byte{ofDaytime}, [][]byte{{ofDatetime}, {ofDay}}, []bool{false, true}},
		{"a NULL beside", []byte{ofText, ofText}, [][]byte{{0, ofInteger}, {0, ofInteger}, {ofInteger, ofInteger}, {0, ofDouble}, {ofInteger, ofDouble}}, []bool{true, false, true, true, true}},
	} {
		c, _ := openStatements()
		e := derived(c, "SELECT "+test.name, test.derived...)
		for i, kinds := range test.executions {
			environment := string(rune('a' + i))
			slot := executes(t, c, e, environment, kinds...)
			if anew := slot.derived && slot.in == environment; anew != test.anew[i] {
				t.Errorf("%s, execution %d: derived anew %t, want %t", test.name, i, anew, test.anew[i])
			}
			if slot.derived != (slot.shape != "") || !slot.derived && e.Environment(slot) != "first" {
				t.Errorf("%s, execution %d: %+v", test.name, i, slot)
			}
		}
	}
}

// Clients share what their executions make the same.
func TestDeriveShares(t *testing.T) {
	c, _ := openStatements()
	a, b := derived(c, "SELECT ?", ofText), derived(c, "SELECT ?", ofText)
	server := NewServerStatements(10)
	server.Add(c.Slot(a), 1)
	asPrepared := executes(t, c, a, "now", ofText)
	if asPrepared != executes(t, c, b, "later", ofText) {
		t.Error("as prepared: not shared")
	}
	if asPrepared == executes(t, c, a, "now", ofInteger) || c.Slot(a) != executes(t, c, b, "now", ofInteger) {
		t.Error("derived anew: not shared")
	}
	on := server.Find(c.Slot(a))
	if on == nil || on.ID != 1 {
		t.Fatal("what is as it was prepared does not become what an execution makes of it")
	}
	if in, ok := on.Unsettled(); !ok || in != "now" {
		t.Errorf("%q, %t before the execution", in, ok)
	}
	server.Settle(c.Slot(a))
	if _, ok := server.Find(c.Slot(b)).Unsettled(); ok {
		t.Error("unsettled behind the execution")
	}
	if c.Slot(b) == executes(t, c, b, "later", ofDouble) {
		t.Error("another type is not another statement")
	}
	if server.Has(c.Slot(b)) {
		t.Error("a statement is there that nobody has prepared")
	}
}

// A statement that is as it was prepared stays so if no value asks for more: it does not become what was derived in another environment.
func TestDeriveBecomes(t *testing.T) {
	c, _ := openStatements()
	e := derived(c, "SELECT ? + 1", ofInteger)
	server := NewServerStatements(10)
	server.Add(Slot{Statement: e.Statement}, 1)
	executes(t, c, e, "first", ofDouble)
	if at := executes(t, c, e, "now", ofText); !server.Has(at) {
		t.Error("a text")
	}
	for i := range 2 { // signed, after unsigned
		slot := c.Slot(e)
		slot.shape, slot.in = string([]byte{ofInteger, 0}), []string{"now", "first"}[i]
		if got, want := slot.becomes(), i == 1; got != want {
			t.Errorf("derived in %q: becomes %t, want %t", slot.in, got, want)
		}
	}
}

// An execution that has waited is looked at again, maybe in another environment: what counts is the last look.
func TestDeriveAgain(t *testing.T) {
	c, _ := openStatements()
	e := derived(c, "SELECT ?", ofText)
	before := c.Slot(e)
	examines(t, c, e, "presumed", ofInteger)
	at := examines(t, c, e, "found", ofInteger)
	if at.in != "found" || !e.Anew() || e.Before(at) != before {
		t.Errorf("derived in %q, anew %t, before %+v", at.in, e.Anew(), e.Before(at))
	}
	if c.Underived(e, nil); c.Slot(e) != before {
		t.Error("not undone")
	}
}

func TestDeriveAllocatesNothing(t *testing.T) {
	c, _ := openStatements()
	e := derived(c, "SELECT ?", ofText)
	var messages [][]byte
	for _, kind := range []byte{ofInteger, ofDouble} {
		x := execution{values: [][]byte{{1}}, types: [][]byte{{kind, 0}}}
		messages = append(messages, message(x.payload()))
	}
	if allocs := testing.AllocsPerRun(100, func() {
		for _, m := range messages {
			x, _ := e.Read(m, true, 0, "")
			if e.Derive(m, x, "now"); e.as.in != "now" {
				t.Fatal("not derived anew")
			}
		}
	}); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// An execution that leaves out the types tells them to a server that was told others.
func TestRebinds(t *testing.T) {
	s := newStatement(Key{Text: "SELECT ?"})
	x := Execution{types: s.intern([]byte{ofText, 0}, false, "latin1")}
	on := &Prepared{types: s.intern([]byte{ofText, 0}, false, "utf8mb4")}
	if in, ok := x.Rebinds(on); !ok || in != "latin1" {
		t.Errorf("%q, %t", in, ok)
	}
	on.types = x.types
	if _, ok := x.Rebinds(on); ok {
		t.Error("the server knows them")
	}
	x.at.bound, on.types = true, nil
	if _, ok := x.Rebinds(on); ok {
		t.Error("they are in the execution")
	}
}

// In which environment a statement is prepared for an execution: its own, where that execution makes MySQL derive the
// rest, since texts keep the length that they had before; else that in which it was derived last.
func TestDeriveEnvironment(t *testing.T) {
	c, _ := openStatements()
	for _, test := range []struct {
		name       string
		executions [][]byte
		want       string
	}{
		{"as prepared", [][]byte{{ofInteger, ofText}}, "first"},
		{"a double for an integer", [][]byte{{ofDouble, ofText}}, "first"},
		{"and again", [][]byte{{ofDouble, ofText}, {ofDouble, ofText}}, "first"},
		{"a text for what was a double, which derives nothing", [][]byte{{ofDouble, ofText}, {ofText, ofText}}, "now"},
		{"NULL for the text, whose length is a new one", [][]byte{{ofDouble, 0}, {ofDouble, ofText}}, "now"},
		{"NULL for the number", [][]byte{{0, ofInteger}, {ofInteger, ofInteger}}, "first"},
	} {
		e := derived(c, "SELECT ? + 1, ? AS "+test.name, ofInteger, ofText)
		var slot Slot
		for _, kinds := range test.executions {
			slot = executes(t, c, e, "now", kinds...)
			c.Executed(e, nil, false, false)
		}
		if got := e.Environment(slot); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// What is on the connection becomes what the execution under way makes of it, as on a connection of the client's own.
func TestDeriveTurns(t *testing.T) {
	c, _ := openStatements()
	e := derived(c, "SELECT ?", ofText)
	server := NewServerStatements(10)
	server.Add(executes(t, c, e, "first", ofInteger), 1)
	server.Settle(c.Slot(e))
	c.Executed(e, server, false, false)
	at := executes(t, c, e, "now", ofDouble)
	if on := server.Find(at); on != nil || !e.Anew() {
		t.Fatalf("%+v, anew %t", on, e.Anew())
	}
	executes(t, c, e, "now", ofDouble) // it had to wait, and is read again
	on := server.Turn(e.Before(at), at)
	if on == nil || on.ID != 1 || server.Find(at) != on || server.Has(e.Before(at)) {
		t.Errorf("%+v", on)
	}
	if in, ok := on.Unsettled(); !ok || in != "now" {
		t.Errorf("%q, %t before the execution", in, ok)
	}
	if server.Turn(e.Before(at), at) != nil {
		t.Error("something was there twice")
	}
}

// An execution that derives nothing, because it fails before, leaves the statement as it was; what the server has of it is not used any more.
func TestUnderived(t *testing.T) {
	c, _ := openStatements()
	e := derived(c, "SELECT ?", ofText)
	before := c.Slot(e)
	server := NewServerStatements(10)
	server.Add(executes(t, c, e, "now", ofInteger), 1)
	c.Underived(e, server)
	if c.Slot(e) != before || e.Anew() || server.Len() != 0 {
		t.Errorf("%+v, anew %t, %d there", c.Slot(e), e.Anew(), server.Len())
	}
	executes(t, c, e, "now", ofInteger)
	c.Executed(e, server, false, true)
	if c.Underived(e, server); c.Slot(e) == before {
		t.Error("an execution that has ended is undone")
	}
}

// Long data comes as bytes where a text made MySQL derive what the slot says: another server is told that it is a text, once.
func TestRetype(t *testing.T) {
	for _, caps := range []protocol.Capability{0, protocol.ClientQueryAttributes} {
		c, _ := openStatements()
		e := derived(c, "SELECT ? + 1, ?", ofInteger, ofText)
		execution := func(kind byte) (Patch, []byte, *Prepared) {
			x := execution{caps: caps, values: [][]byte{{1}, []byte("long")}, types: [][]byte{{ofDouble, 0}, {kind, 0}}, names: []string{"a", "bc"}}
			m := message(x.payload())
			read, refusal := e.Read(m, true, caps, "")
			if refusal != nil {
				t.Fatal(refusal)
			}
			c.Executed(e, nil, false, false)
			e.Derive(m, read, "now")
			on := &Prepared{ID: 7, slot: c.Slot(e)}
			return new(Patcher).Patch(m, read, on), m, on
		}
		if p, _, on := execution(ofText); p.Head != nil || on.types != e.types {
			t.Errorf("%v: the execution that derives is changed: %+v", caps, p)
		}
		p, m, on := execution(ofBlob)
		want := retypedExecution(caps, ofText)
		if got := apply(p, m); string(got) != string(want) || on.types != nil {
			t.Errorf("%v: sent %q, want %q; types %v", caps, got, want, on.types)
		}
		x, _ := e.Read(m, true, caps, "")
		on.settled = true
		if p := new(Patcher).Patch(m, x, on); p.Head != nil || on.types != e.types {
			t.Errorf("%v: where it was executed: %+v", caps, p)
		}
	}
}

// retypedExecution is an execution of statement 7 with a double and a text.
func retypedExecution(caps protocol.Capability, kind byte) []byte {
	x := execution{id: 7, caps: caps, values: [][]byte{{1}, []byte("long")}, types: [][]byte{{ofDouble, 0}, {kind, 0}}, names: []string{"a", "bc"}}
	return message(x.payload())
}
