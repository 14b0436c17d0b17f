package stmt

import (
	"fmt"
	"testing"
)

func TestRegistryKnowsByContextAndText(t *testing.T) {
	r := NewRegistry(100, 1<<20)
	base := Context{User: "u", Schema: "s", Class: 1}
	first := r.Acquire(base, []byte("SELECT 1"))
	if again := r.Acquire(base, []byte("SELECT 1")); again != first {
		t.Error("a second statement for the same text")
	}
	seen := map[*Statement]string{first: "base"}
	for name, c := range map[string]Context{
		"user":        {User: "v", Schema: "s", Class: 1},
		"schema":      {User: "u", Schema: "t", Class: 1},
		"split":       {User: "us", Schema: "", Class: 1},
		"class":       {User: "u", Schema: "s", Class: 2},
		"environment": {User: "u", Schema: "s", Class: 1, Environment: "sql_mode=ANSI"},
	} {
		s := r.Acquire(c, []byte("SELECT 1"))
		if other, ok := seen[s]; ok {
			t.Errorf("%s: the same statement as %s", name, other)
		}
		seen[s] = name
	}
	if s := r.Acquire(base, []byte("SELECT 2")); s == first {
		t.Error("another text is the same statement")
	}
	if r.Len() != 7 {
		t.Errorf("%d statements", r.Len())
	}
}

// A text in a buffer that is used again afterwards is copied.
func TestRegistryKeepsNothingOfTheCaller(t *testing.T) {
	r := NewRegistry(10, 1<<20)
	buffer := []byte("SELECT 1")
	s := r.Acquire(Context{}, buffer)
	copy(buffer, "INSERT x")
	if s.Text != "SELECT 1" || r.Acquire(Context{}, []byte("SELECT 1")) != s {
		t.Errorf("text %q", s.Text)
	}
}

func TestRegistryDropsWhatIsClosedLongest(t *testing.T) {
	r := NewRegistry(2, 1<<20)
	acquire := func(i int) *Statement { return r.Acquire(Context{}, fmt.Append(nil, i)) }
	a, b, c := acquire(0), acquire(1), acquire(2)
	if r.Len() != 3 {
		t.Fatalf("%d statements while three are open", r.Len())
	}
	r.Release(b)
	if r.Len() != 2 || acquire(1) == b {
		t.Error("what is too much was not dropped when it was closed")
	}
	r.Release(c)
	r.Release(a)
	for i, want := range []*Statement{a, nil, nil} {
		if s := acquire(i); (s == want) != (want != nil) {
			t.Errorf("statement %d: kept %v", i, s == want)
		}
	}
}

func TestRegistryBoundsBytes(t *testing.T) {
	r := NewRegistry(100, 250)
	acquire := func(i int) *Statement { return r.Acquire(Context{}, fmt.Appendf(nil, "%0100d", i)) }
	a, b := acquire(0), acquire(1)
	r.Release(b)
	if r.Bytes() != 200 || r.Len() != 2 {
		t.Fatalf("%d bytes, %d statements", r.Bytes(), r.Len())
	}
	c := acquire(2) // takes the room of what is closed
	if r.Bytes() != 200 || r.Len() != 2 {
		t.Errorf("%d bytes, %d statements", r.Bytes(), r.Len())
	}
	single := r.AcquireSingle(Context{}, []byte(a.Text))
	if single == a || r.Bytes() != 200 || r.Len() != 2 {
		t.Error("a statement of which only the beginning is known is shared")
	}
	for _, s := range []*Statement{a, c, single} {
		r.Release(s)
	}
	r.maxStatements = 0
	r.trim()
	if r.Len() != 0 || r.Bytes() != 0 || r.idle.front() != nil {
		t.Errorf("%d statements and %d bytes of nothing", r.Len(), r.Bytes())
	}
}

func TestReleaseTooOften(t *testing.T) {
	r := NewRegistry(1, 100)
	s := r.Acquire(Context{}, nil)
	r.Release(s)
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	r.Release(s)
}
