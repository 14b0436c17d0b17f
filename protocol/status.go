package protocol

// StatusFlags is the server status that OK and EOF packets carry.
type StatusFlags uint16

// The flags under their protocol names.
const (
	StatusInTrans             StatusFlags = 0x0001
	StatusAutocommit          StatusFlags = 0x0002
	StatusMoreResults         StatusFlags = 0x0008
	StatusNoGoodIndexUsed     StatusFlags = 0x0010
	StatusNoIndexUsed         StatusFlags = 0x0020
	StatusCursorExists        StatusFlags = 0x0040
	StatusLastRowSent         StatusFlags = 0x0080
	StatusDBDropped           StatusFlags = 0x0100
	StatusNoBackslashEscapes  StatusFlags = 0x0200
	StatusMetadataChanged     StatusFlags = 0x0400
	StatusQueryWasSlow        StatusFlags = 0x0800
	StatusPSOutParams         StatusFlags = 0x1000
	StatusInTransReadonly     StatusFlags = 0x2000
	StatusSessionStateChanged StatusFlags = 0x4000
	StatusANSIQuotes          StatusFlags = 0x8000 // MariaDB
)

// StatusLasting are the flags that tell of the connection; the others tell of one answer only.
const StatusLasting = StatusInTrans | StatusAutocommit | StatusNoBackslashEscapes | StatusInTransReadonly | StatusANSIQuotes
