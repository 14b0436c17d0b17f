package hostgroup

import (
	"fmt"
	"strings"
	"testing"

	"parkway/config"
)

// describe is the placements, as "hostgroup:host" with what is not to be used in brackets, and a mark at a
// writer.
func describe(all []placement) string {
	var words []string
	for _, p := range all {
		word := fmt.Sprintf("%d:%s", p.HostgroupID, p.Hostname)
		if p.left != "" {
			word = "(" + word + ")"
		}
		if p.writes {
			word += "!"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func TestPlace(t *testing.T) {
	writable, closed := role{known: true}, role{known: true, switches: Switches{ReadOnly: true}}
	lost := func(r role) role { r.lost = true; return r }
	for _, test := range []struct {
		name       string
		configured string // hostgroup:host
		role       role   // of a
		alone      bool   // monitor_writer_is_also_reader = false
		want       string
	}{
		{"not asked yet: as configured", "10:a 20:b", role{}, false, "10:a 20:b"},
		{"a writer reads, too", "10:a 20:b", writable, false, "10:a! 20:a! 20:b"},
		{"a writer only writes", "10:a 20:b", writable, true, "10:a! (20:a)! 20:b"},
		{"a reader of the writer hostgroup", "10:a 20:b", closed, false, "(10:a) 20:a 20:b"},
		{"a promoted one", "20:a 20:b", writable, false, "10:a! 20:a! 20:b"},
		{"a promoted one that reads no more", "20:a 20:b", writable, true, "10:a! (20:a)! 20:b"},
		{"configured in both", "10:a 20:a", closed, false, "(10:a) 20:a"},
		{"configured in both, a writer", "20:a 10:a", writable, false, "10:a! 20:a!"},
		{"silent from the start", "10:a", lost(role{}), false, "(10:a)"},
		{"silent from the start, a reader", "20:a", lost(role{}), false, "(10:a) 20:a"},
		{"a silent writer", "10:a", lost(writable), false, "(10:a) 20:a"},
		{"a silent writer that reads no more", "10:a", lost(writable), true, "(10:a) (20:a)"},
		{"a silent reader", "10:a", lost(closed), false, "(10:a) 20:a"},
		{"in no pair", "30:a 10:b", closed, false, "30:a 10:b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var servers []config.MySQLServer
			for word := range strings.FieldsSeq(test.configured) {
				var c config.MySQLServer
				if _, err := fmt.Sscanf(strings.Replace(word, ":", " ", 1), "%d %s", &c.HostgroupID, &c.Hostname); err != nil {
					t.Fatal(err)
				}
				c.Port = 3306
				servers = append(servers, c)
			}
			pairs := []config.MySQLReplicationHostgroup{
				{WriterHostgroup: 1, ReaderHostgroup: 2}, {WriterHostgroup: 10, ReaderHostgroup: 20, CheckType: config.CheckReadOnly},
			}
			got := place(servers, pairs, !test.alone, func(name string) role {
				if name == "a:3306" {
					return test.role
				}
				return role{}
			})
			if text := describe(got); text != test.want {
				t.Errorf("%s, want %s", text, test.want)
			}
		})
	}
}

// What a server has configured in one hostgroup of the pair holds for it in the other, if it is not configured there too.
func TestPlaceCopies(t *testing.T) {
	pairs := []config.MySQLReplicationHostgroup{{WriterHostgroup: 10, ReaderHostgroup: 20, CheckType: config.CheckReadOnly}}
	servers := []config.MySQLServer{
		{HostgroupID: 20, Hostname: "a", Weight: 7, MaxConnections: 3}, {HostgroupID: 10, Hostname: "b", Weight: 1}, {HostgroupID: 20, Hostname: "b", Weight: 2},
	}
	got := place(servers, pairs, true, func(string) role { return role{known: true} })
	if describe(got) != "10:a! 20:a! 10:b! 20:b!" {
		t.Fatal(describe(got))
	}
	for i, want := range []placement{{configured: false}, {configured: true}, {configured: true}, {configured: true}} {
		if got[i].configured != want.configured {
			t.Errorf("%d: configured %v", i, got[i].configured)
		}
	}
	if got[0].Weight != 7 || got[0].MaxConnections != 3 || got[2].Weight != 1 || got[3].Weight != 2 {
		t.Errorf("%+v", got)
	}
}

func TestClosed(t *testing.T) {
	for _, test := range []struct {
		s                   Switches
		only, super, either bool
	}{
		{Switches{}, false, false, false},
		{Switches{ReadOnly: true}, true, true, true}, // There is no super_read_only.
		{Switches{HasSuper: true}, false, false, false},
		{Switches{HasSuper: true, ReadOnly: true}, true, false, true},
		{Switches{HasSuper: true, ReadOnly: true, Super: true}, true, true, true},
		{Switches{HasSuper: true, Super: true}, false, true, true},
	} {
		if got := [3]bool{test.s.closed(config.CheckReadOnly), test.s.closed(config.CheckSuperReadOnly), test.s.closed(config.CheckEither)}; got != [3]bool{test.only, test.super, test.either} {
			t.Errorf("%+v: %v", test.s, got)
		}
	}
}
