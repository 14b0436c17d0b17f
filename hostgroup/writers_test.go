package hostgroup

import (
	"testing"
	"time"
)

// That there are several writers is logged when they are: not when the new one is heard of before the old one, and not when the old one is dead.
func TestSeveralWriters(t *testing.T) {
	begin := func() *observed {
		o := newPair(t, 2, nil)
		o.says(1, false)
		o.says(2, true)
		o.now = o.now.Add(time.Second)
		o.says(2, false)
		o.wantTable("1 2", "1 2")
		o.now = o.now.Add(time.Millisecond)
		o.says(2, false)
		return o
	}
	o := begin()
	o.says(1, true)
	o.wantTable("(1) 2", "1 2")
	o.wantLogged("several servers", 0)

	o = begin()
	for range 2 {
		o.SeeReadOnly(name(1), Switches{}, errSilent)
	}
	o.wantTable("(1) 2", "1 2")
	o.wantLogged("several servers", 0)
	o.wantLogged("one server of the writer hostgroup is writable", 1)

	o = begin()
	o.says(1, false)
	o.wantLogged(`"servers":["10.0.0.1:3306","10.0.0.2:3306"],"message":"several servers`, 1)
	o.says(2, true)
	o.wantLogged("one server of the writer hostgroup is writable", 2)
}
