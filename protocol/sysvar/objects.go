package sysvar

import (
	"bytes"
	"slices"
	"strings"

	"parkway/protocol/digest"
)

// maxObjects is how many names of a kind are remembered. A session with more keeps its connection until a reset.
const maxObjects = 64

// Objects are the names of what a session's connection holds, as far as statements told: so that the end of the last one is
// noticed. The zero value is a connection that holds nothing; a session needs none before the first statement that has one of
// objectFlags.
type Objects struct {
	tables   names // temporary tables
	prepared names // PREPARE
	handlers names // HANDLER ... OPEN
	locks    names // GET_LOCK(); a name is there once for each time that it was taken
}

// objectFlags mark the statements that make or end something.
const objectFlags = digest.CreateTemporary | digest.DropTemporary | digest.PrepareStmt | digest.DeallocateStmt | digest.Handler |
	digest.GetLock | digest.ReleaseLock | digest.ReleaseAllLocks

// names are the names of one kind. Once something is not understood, others may exist too.
type names struct {
	list   []string
	others bool
}

func (n *names) add(name string, ok bool) {
	if !ok || len(n.list) >= maxObjects {
		n.others = true
		return
	}
	n.list = append(n.list, name)
}

func (n *names) remove(name string) {
	if i := slices.Index(n.list, name); i >= 0 {
		n.list = slices.Delete(n.list, i, i+1)
	}
}

func (n *names) none() bool { return len(n.list) == 0 && !n.others }

// Wants reports whether a statement has to be given to Note, because of what it is or what the connection holds. o may be nil.
func (o *Objects) Wants(verb digest.Verb, flags digest.Flags) bool {
	return flags&objectFlags != 0 || o != nil && (verb == digest.VerbRename || verb == digest.VerbAlter) && !o.tables.none()
}

// Note takes in a statement that ended and had an effect (Event.Ran), and says which of TempTable, PreparedText, Handler and GetLock
// hold no longer, for Event.Gone. schema is the session's before it. Nothing is kept of sql.
func (o *Objects) Note(sql []byte, verb digest.Verb, flags digest.Flags, schema string, failed bool) (gone Pins) {
	switch {
	case flags&unclear != 0:
		o.doubt(flags)
	case failed:
		o.doubt(flags & digest.GetLock) // the others leave nothing when they fail
	default:
		o.note(sql, flags, schema)
	}
	if verb == digest.VerbRename || verb == digest.VerbAlter {
		o.tables.others = o.tables.others || !o.tables.none()
	}
	for _, kind := range []struct {
		names *names
		flags digest.Flags
		pin   Pins
	}{
		{&o.tables, digest.CreateTemporary | digest.DropTemporary, TempTable},
		{&o.prepared, digest.PrepareStmt | digest.DeallocateStmt, PreparedText},
		{&o.handlers, digest.Handler, Handler},
		{&o.locks, digest.GetLock | digest.ReleaseLock | digest.ReleaseAllLocks, GetLock},
	} {
		if flags&kind.flags != 0 && kind.names.none() {
			gone |= kind.pin
		}
	}
	return gone
}

// doubt takes in a statement of which it isn't known what it made, and which of it has a name.
func (o *Objects) doubt(flags digest.Flags) {
	o.tables.others = o.tables.others || flags&digest.CreateTemporary != 0
	o.prepared.others = o.prepared.others || flags&digest.PrepareStmt != 0
	o.handlers.others = o.handlers.others || flags&digest.Handler != 0
	o.locks.others = o.locks.others || flags&digest.GetLock != 0
}

// note reads one statement.
func (o *Objects) note(sql []byte, flags digest.Flags, schema string) {
	l := &lexer{sql}
	first := l.next()
	switch {
	case flags&digest.CreateTemporary != 0:
		name, ok := createdTable(l, first, schema)
		if !slices.Contains(o.tables.list, name) {
			o.tables.add(name, ok)
		}
	case flags&digest.DropTemporary != 0:
		for _, name := range droppedTables(l, schema) {
			o.tables.remove(name)
		}
	case flags&digest.PrepareStmt != 0:
		name, ok := objectName(l.next())
		ok = ok && first.word("prepare") && namesNoVariable(l)
		if !ok || !slices.Contains(o.prepared.list, name) {
			o.prepared.add(name, ok)
		}
	case flags&digest.DeallocateStmt != 0:
		if l.next().word("prepare") {
			name, _ := objectName(l.next())
			o.prepared.remove(name)
		}
	case flags&digest.Handler != 0:
		o.noteHandler(l, first)
	case flags&digest.ReleaseAllLocks != 0 && flags&digest.GetLock == 0:
		o.locks = names{}
	default:
		o.noteLock(l, first, flags)
	}
}

// namesNoVariable reports whether the rest of a PREPARE is FROM 'text' without user variables. Those that a text assigns come to be with
// PREPARE, and stay after DEALLOCATE.
func namesNoVariable(l *lexer) bool {
	if !l.next().word("from") {
		return false
	}
	text := l.next()
	return text.kind == tokenString && bytes.IndexByte(text.text, '@') < 0
}

// objectName gives a name as it is written. Names that differ by case are taken for two even where they are one: so a pin ends too
// late, never too early.
func objectName(t token) (string, bool) { return string(t.text), t.names() }

// tableName reads a table's name with or without schema, and gives the token behind it.
func tableName(l *lexer, t token, schema string) (name string, after token, ok bool) {
	name, ok = objectName(t)
	after = l.next()
	if !ok || !after.is('.') {
		return schema + "." + name, after, ok
	}
	table, ok := objectName(l.next())
	return name + "." + table, l.next(), ok
}

// createdTable reads CREATE [OR REPLACE] TEMPORARY TABLE [IF NOT EXISTS] name.
func createdTable(l *lexer, t token, schema string) (name string, ok bool) {
	for _, word := range []string{"create", "or", "replace", "temporary", "table", "if", "not", "exists"} {
		if t.word(word) {
			t = l.next()
		} else if word == "table" {
			return "", false // TEMPORARY SEQUENCE
		}
	}
	name, _, ok = tableName(l, t, schema)
	return name, ok
}

// droppedTables reads DROP [TEMPORARY] TABLE [IF EXISTS] name, ...
func droppedTables(l *lexer, schema string) (list []string) {
	t := l.next()
	for _, word := range []string{"temporary", "table", "tables", "if", "exists"} {
		if t.word(word) {
			t = l.next()
		}
	}
	for {
		name, after, ok := tableName(l, t, schema)
		if !ok {
			return list
		}
		list = append(list, name)
		if !after.is(',') {
			return list
		}
		t = l.next()
	}
}

// noteHandler reads HANDLER table OPEN [[AS] alias] and HANDLER name CLOSE. Without a schema a name is the alias; a table that is
// opened without one goes by its own name.
func (o *Objects) noteHandler(l *lexer, first token) {
	if !first.word("handler") {
		o.handlers.others = true
		return
	}
	name, t, ok := tableName(l, l.next(), "")
	name = name[strings.LastIndexByte(name, '.')+1:]
	switch {
	case t.word("open"):
		t = l.next()
		if t.word("as") {
			t = l.next()
		}
		if t.kind != tokenEnd && !t.is(';') {
			name, ok = objectName(t)
		}
		o.handlers.add(name, ok)
	case t.word("close"):
		o.handlers.remove(name)
	}
}

// noteLock reads SELECT or DO with a single GET_LOCK('name', n) or RELEASE_LOCK('name'). Whether the lock was got or freed is
// not asked: the count of those taken is never too low, as long as each statement calls the function once.
func (o *Objects) noteLock(l *lexer, first token, flags digest.Flags) {
	takes := flags&digest.GetLock != 0
	call, open, name := l.next(), l.next(), l.next()
	sole := (first.word("select") || first.word("do")) && open.is('(') && name.kind == tokenString && plain(name.text)
	lock := string(name.text)
	switch {
	case takes && sole && call.word("get_lock") && soleCall(l):
		o.locks.add(lock, true)
	case takes:
		o.locks.others = true
	case sole && call.word("release_lock") && soleCall(l):
		o.locks.remove(lock)
	}
}

// soleCall reports whether nothing follows the first argument but literals, a closing parenthesis and an alias: no table whose
// every row calls the function.
func soleCall(l *lexer) bool {
	t := l.next()
	for t.is(',') || t.is('-') || t.kind == tokenNumber {
		t = l.next()
	}
	if !t.is(')') {
		return false
	}
	if t = l.next(); t.word("as") {
		t = l.next()
	}
	if t.names() && !t.word("from") || t.kind == tokenString {
		t = l.next()
	}
	return t.kind == tokenEnd || t.is(';') && l.next().kind == tokenEnd
}
