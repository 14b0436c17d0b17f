package stmt

import "parkway/protocol"

// maxHead is how much of a COM_STMT_EXECUTE has to be there at most to find its parameters' types: with 65535 parameters, the
// most a statement can have, the types end after 140 KiB.
const maxHead = 256 << 10

// bulkTypesFollow is the flag of COM_STMT_BULK_EXECUTE for what a byte of its own says in COM_STMT_EXECUTE.
const bulkTypesFollow = 0x80

// maxValues bounds the count of an execution's values, which servers have in 16 bits.
const maxValues = 1<<16 - 1

// longestLenenc is the length of the longest length-encoded integer.
const longestLenenc = 9

// Where a COM_STMT_BULK_EXECUTE has its flags, two bytes, and where the types follow.
const (
	bulkFlagsAt = 5
	bulkHead    = 7
)

// parameters says where in an execution's payload the types of the parameters stand, or would.
type parameters struct {
	count int  // of values, query attributes included
	flag  int  // where it is said that types follow
	types int  // where they begin
	end   int  // where those of the statement's own parameters end; only if bound
	bound bool // they follow
}

// locate finds the parameters of a COM_STMT_EXECUTE for a statement with params parameters from a client with these
// capabilities. payload is the beginning of the command, at least its first byte. need > 0: so much of it, or all, has to be there
// to go on; if that is there, the command is malformed.
//
// The count of values is there if ClientQueryAttributes is and the statement has parameters; the flag that announces it matters
// only without parameters. Seen with MySQL 9.7, as the rest: a server keeps the types of the statement's own parameters, but not
// those of query attributes; with these, types always have to follow.
func locate(payload []byte, params int, caps protocol.Capability) (at parameters, need int) {
	if protocol.Command(payload[0]) == protocol.ComStmtBulkExecute {
		return locateBulk(payload, params)
	}
	if len(payload) < protocol.ExecuteLen {
		return at, protocol.ExecuteLen
	}
	named := caps.Has(protocol.ClientQueryAttributes)
	pos := protocol.ExecuteLen
	at.count = params
	if named && (params > 0 || payload[5]&protocol.ParameterCountAvailable != 0) {
		count, n, ok := protocol.ReadLenencInt(payload[pos:])
		if !ok || count > maxValues {
			return at, pos + longestLenenc // less is enough if the count is good
		}
		at.count, pos = int(count), pos+n
	}
	if at.count == 0 {
		return at, 0
	}
	at.flag = pos + (at.count+7)/8 // behind the bits of the NULLs
	at.types = at.flag + 1
	if len(payload) < at.types {
		return at, at.types
	}
	if at.bound = payload[at.flag] != 0; !at.bound {
		return at, 0
	}
	at.end, need = endOfTypes(payload, at.types, min(params, at.count), named)
	return at, need
}

// locateBulk is locate for COM_STMT_BULK_EXECUTE. It knows no query attributes.
func locateBulk(payload []byte, params int) (at parameters, need int) {
	at = parameters{count: params, flag: bulkFlagsAt, types: bulkHead, end: bulkHead + 2*params}
	if len(payload) < bulkHead {
		return at, bulkHead
	}
	if at.bound = payload[bulkFlagsAt]&bulkTypesFollow != 0; at.bound && len(payload) < at.end {
		return at, at.end
	}
	return at, 0
}

// endOfTypes is where count types end that begin at pos. need > 0: that takes so much of the payload.
func endOfTypes(payload []byte, pos, count int, named bool) (end, need int) {
	if !named {
		if end = pos + 2*count; len(payload) < end {
			return 0, end
		}
		return end, 0
	}
	for range count {
		if pos += 2; len(payload) <= pos {
			return 0, pos + 1
		}
		_, n, ok := protocol.ReadLenencBytes(payload[pos:])
		if !ok {
			// How much the rest of the names takes isn't known: ask for plenty, so as not to begin again for each.
			return 0, max(len(payload)+1, min(2*len(payload), maxHead))
		}
		pos += n
	}
	return pos, 0
}
