package hostgroup

import (
	"parkway/config"
)

// A server of a pair of hostgroups ([[mysql_replication_hostgroups]]) is where
// its read_only says: a writer in the writer hostgroup, all others in the reader
// hostgroup. Until it has said so it is where it is configured.

// Switches are what a server says about being written to.
type Switches struct {
	ReadOnly bool // read_only
	Super    bool // super_read_only
	HasSuper bool // the server knows super_read_only
}

// closed reports whether the server is read-only in the sense of a pair's
// check_type. Where there is no super_read_only, read_only speaks for it.
func (s Switches) closed(checkType string) bool {
	switch {
	case checkType == config.CheckSuperReadOnly && s.HasSuper:
		return s.Super
	case checkType == config.CheckEither:
		return s.ReadOnly || s.Super
	}
	return s.ReadOnly
}

// say is what closed goes by, in words.
func (s Switches) say(checkType string) string {
	name := "read_only"
	if s.HasSuper && (checkType == config.CheckSuperReadOnly || checkType == config.CheckEither && s.Super && !s.ReadOnly) {
		name = "super_read_only"
	}
	if s.closed(checkType) {
		return name + " = 1"
	}
	return name + " = 0"
}

// role is what the monitor knows of a server's read_only.
type role struct {
	known    bool // it has said so, if long ago
	switches Switches
	lost     bool // it has not answered for too long: it is no writer any more
}

// placement is a server in a hostgroup.
type placement struct {
	config.MySQLServer
	configured bool   // there; else it is a copy of its entry in the other hostgroup of the pair
	said       string // what it says of its read_only, if it is in a pair and has said so
	left       string // why it must not be used there; "": it may
	writes     bool   // its read_only says that it is a writer of the pair
}

// Why a server is not in a hostgroup of its pair; the first and the last behind
// what it says.
const (
	leftReadOnly = ": it is no writer"
	leftLost     = "its read_only is unknown, it has not answered: it is no writer"
	leftWriter   = ": it is a writer, and monitor_writer_is_also_reader is false"
)

// place says where every configured server belongs: a pure function. A server
// that does not belong where it is configured, or could have been before, is
// listed there as well, with the reason.
func place(servers []config.MySQLServer, pairs []config.MySQLReplicationHostgroup, alsoReader bool, roleOf func(name string) role) []placement {
	type seat struct {
		pair int
		name string
	}
	entries := make(map[seat][]*config.MySQLServer) // of each server of a pair, in its hostgroups
	names := make([]string, len(servers))
	seats := make([]int, len(servers)) // the pairs, -1: none
	for i := range servers {
		c := &servers[i]
		if seats[i] = pairOf(pairs, c.HostgroupID); seats[i] >= 0 {
			names[i] = c.Address()
			at := seat{seats[i], names[i]}
			entries[at] = append(entries[at], c)
		}
	}
	all := make([]placement, 0, 2*len(servers))
	for i := range servers {
		if seats[i] < 0 {
			all = append(all, placement{MySQLServer: servers[i], configured: true})
			continue
		}
		at := seat{seats[i], names[i]}
		if e := entries[at]; e[0] == &servers[i] {
			all = append(all, placeInPair(e, &pairs[at.pair], alsoReader, roleOf(at.name))...)
		}
	}
	return all
}

// placeInPair places a server that has these entries in the hostgroups of the pair.
func placeInPair(entries []*config.MySQLServer, pair *config.MySQLReplicationHostgroup, alsoReader bool, r role) []placement {
	sides := [2]placement{}
	for i, id := range [2]int{pair.WriterHostgroup, pair.ReaderHostgroup} {
		sides[i].MySQLServer = *entries[0]
		for _, c := range entries {
			if c.HostgroupID == id {
				sides[i].MySQLServer, sides[i].configured = *c, true
				break
			}
		}
		sides[i].HostgroupID = id
	}
	writer, reader := &sides[0], &sides[1]
	closed := r.switches.closed(pair.CheckType)
	said := ""
	if r.known {
		said = r.switches.say(pair.CheckType)
	}
	for i := range sides {
		sides[i].said, sides[i].writes = said, r.writes(pair)
	}
	switch {
	case r.lost:
		writer.left = leftLost
	case r.known && closed:
		writer.left = said + leftReadOnly
	case !r.known && !writer.configured:
		return sides[1:]
	}
	switch {
	case r.known && !closed && !alsoReader:
		reader.left = said + leftWriter
	case !r.known && !reader.configured:
		return sides[:1]
	}
	return sides[:]
}

// writes reports whether the server is a writer of the pair, by its own word.
func (r role) writes(pair *config.MySQLReplicationHostgroup) bool {
	return r.known && !r.lost && !r.switches.closed(pair.CheckType)
}

// pairOf is the index of the pair that a hostgroup is in, -1 if it is in none.
func pairOf(pairs []config.MySQLReplicationHostgroup, hostgroup int) int {
	for i := range pairs {
		if pairs[i].WriterHostgroup == hostgroup || pairs[i].ReaderHostgroup == hostgroup {
			return i
		}
	}
	return -1
}
