package protocol

// The error codes that the proxy itself sends or looks for, MySQL's numbers. None lies between 2000 and 2999: MariaDB's
// Connector/C takes those for its own and shows "malformed packet" in place of the text. A server that was lost is 1158 in
// the middle of a statement and 1152 between two, both of the SQLSTATE class of connection failures.
const (
	ErrCodeTooManyConnections     uint16 = 1040
	ErrCodeOutOfMemory            uint16 = 1041
	ErrCodeHandshake              uint16 = 1043
	ErrCodeDBAccessDenied         uint16 = 1044
	ErrCodeAccessDenied           uint16 = 1045
	ErrCodeNoDB                   uint16 = 1046
	ErrCodeUnknownCommand         uint16 = 1047
	ErrCodeBadDB                  uint16 = 1049
	ErrCodeServerShutdown         uint16 = 1053
	ErrCodeParse                  uint16 = 1064
	ErrCodeNoSuchThread           uint16 = 1094
	ErrCodeKillDenied             uint16 = 1095
	ErrCodeUnknown                uint16 = 1105
	ErrCodeHostBlocked            uint16 = 1129
	ErrCodeHostNotPrivileged      uint16 = 1130
	ErrCodeNewAbortingConnection  uint16 = 1152
	ErrCodePacketTooLarge         uint16 = 1153
	ErrCodeNetReadPipe            uint16 = 1154
	ErrCodeNetFcntl               uint16 = 1155
	ErrCodeOutOfOrder             uint16 = 1156
	ErrCodeNetUncompress          uint16 = 1157
	ErrCodeNetRead                uint16 = 1158
	ErrCodeNetReadTimeout         uint16 = 1159
	ErrCodeNetWrite               uint16 = 1160
	ErrCodeNetWriteTimeout        uint16 = 1161
	ErrCodeTooManyUserConnections uint16 = 1203
	ErrCodeLockWaitTimeout        uint16 = 1205
	ErrCodeWrongArguments         uint16 = 1210
	ErrCodeDeadlock               uint16 = 1213
	ErrCodeUserLimit              uint16 = 1226
	ErrCodeNotSupportedYet        uint16 = 1235
	ErrCodeUnknownStatement       uint16 = 1243
	ErrCodeNotSupportedAuth       uint16 = 1251
	ErrCodeOptionPrevents         uint16 = 1290
	ErrCodeQueryInterrupted       uint16 = 1317
	ErrCodeNoOpenCursor           uint16 = 1421
	ErrCodeTooManyStatements      uint16 = 1461
	ErrCodeMalformedPacket        uint16 = 1835
	ErrCodeServerIsReadOnly       uint16 = 1836
	ErrCodeConnectionKilled       uint16 = 1927 // MariaDB's
	ErrCodeNoBackend              uint16 = 9001 // ProxySQL's: no connection to any server of a hostgroup
	ErrCodeQueryTimeout           uint16 = 3024
	ErrCodeSecureTransport        uint16 = 3159
	ErrCodeInteractionTimeout     uint16 = 4031
)

// sqlStateDefault is what MySQL sends with a code that has no state of its own.
const sqlStateDefault = "HY000"

var sqlStates = map[uint16]string{
	ErrCodeTooManyConnections:    "08004",
	ErrCodeHandshake:             "08S01",
	ErrCodeDBAccessDenied:        "42000",
	ErrCodeAccessDenied:          "28000",
	ErrCodeNoDB:                  "3D000",
	ErrCodeUnknownCommand:        "08S01",
	ErrCodeBadDB:                 "42000",
	ErrCodeServerShutdown:        "08S01",
	ErrCodeNewAbortingConnection: "08S01",
	ErrCodePacketTooLarge:        "08S01",
	ErrCodeNetReadPipe:           "08S01",
	ErrCodeNetFcntl:              "08S01",
	ErrCodeOutOfOrder:            "08S01",
	ErrCodeNetUncompress:         "08S01",
	ErrCodeNetRead:               "08S01",
	ErrCodeNetReadTimeout:        "08S01",
	ErrCodeNetWrite:              "08S01",
	ErrCodeNetWriteTimeout:       "08S01",
	ErrCodeConnectionKilled:      "70100",
	ErrCodeDeadlock:              "40001",
	ErrCodeUserLimit:             "42000",
	ErrCodeNotSupportedYet:       "42000",
	ErrCodeNotSupportedAuth:      "08004",
	ErrCodeQueryInterrupted:      "70100",
	ErrCodeTooManyStatements:     "42000",
	ErrCodeNoBackend:             "08S01",
}

func sqlState(code uint16) string {
	if state, ok := sqlStates[code]; ok {
		return state
	}
	return sqlStateDefault
}
