package protocol

import "strconv"

// Command is the first byte of a client's message after login.
type Command byte

// The commands of MySQL and MariaDB under their protocol names.
const (
	ComSleep            Command = 0x00
	ComQuit             Command = 0x01
	ComInitDB           Command = 0x02
	ComQuery            Command = 0x03
	ComFieldList        Command = 0x04
	ComCreateDB         Command = 0x05
	ComDropDB           Command = 0x06
	ComRefresh          Command = 0x07
	ComShutdown         Command = 0x08
	ComStatistics       Command = 0x09
	ComProcessInfo      Command = 0x0a
	ComConnect          Command = 0x0b
	ComProcessKill      Command = 0x0c
	ComDebug            Command = 0x0d
	ComPing             Command = 0x0e
	ComTime             Command = 0x0f
	ComDelayedInsert    Command = 0x10
	ComChangeUser       Command = 0x11
	ComBinlogDump       Command = 0x12
	ComTableDump        Command = 0x13
	ComConnectOut       Command = 0x14
	ComRegisterSlave    Command = 0x15
	ComStmtPrepare      Command = 0x16
	ComStmtExecute      Command = 0x17
	ComStmtSendLongData Command = 0x18
	ComStmtClose        Command = 0x19
	ComStmtReset        Command = 0x1a
	ComSetOption        Command = 0x1b
	ComStmtFetch        Command = 0x1c
	ComDaemon           Command = 0x1d
	ComBinlogDumpGTID   Command = 0x1e
	ComResetConnection  Command = 0x1f
	ComClone            Command = 0x20
	// MariaDB's own.
	ComStmtBulkExecute Command = 0xfa
	ComMulti           Command = 0xfe
)

// commandTable says what is known of each command: its name, and what its answer begins with.
var commandTable = [256]struct {
	name  string
	first phase
}{
	ComSleep:            {"COM_SLEEP", phaseResult},
	ComQuit:             {"COM_QUIT", phaseEnd},
	ComInitDB:           {"COM_INIT_DB", phaseStatus},
	ComQuery:            {"COM_QUERY", phaseResult},
	ComFieldList:        {"COM_FIELD_LIST", phaseRows},
	ComCreateDB:         {"COM_CREATE_DB", phaseStatus},
	ComDropDB:           {"COM_DROP_DB", phaseStatus},
	ComRefresh:          {"COM_REFRESH", phaseStatus},
	ComShutdown:         {"COM_SHUTDOWN", phaseStatus},
	ComStatistics:       {"COM_STATISTICS", phaseText},
	ComProcessInfo:      {"COM_PROCESS_INFO", phaseResult},
	ComConnect:          {"COM_CONNECT", phaseResult},
	ComProcessKill:      {"COM_PROCESS_KILL", phaseStatus},
	ComDebug:            {"COM_DEBUG", phaseStatus},
	ComPing:             {"COM_PING", phaseStatus},
	ComTime:             {"COM_TIME", phaseResult},
	ComDelayedInsert:    {"COM_DELAYED_INSERT", phaseResult},
	ComChangeUser:       {"COM_CHANGE_USER", phaseResult},
	ComBinlogDump:       {"COM_BINLOG_DUMP", phaseResult},
	ComTableDump:        {"COM_TABLE_DUMP", phaseResult},
	ComConnectOut:       {"COM_CONNECT_OUT", phaseResult},
	ComRegisterSlave:    {"COM_REGISTER_SLAVE", phaseStatus},
	ComStmtPrepare:      {"COM_STMT_PREPARE", phasePrepare},
	ComStmtExecute:      {"COM_STMT_EXECUTE", phaseResult},
	ComStmtSendLongData: {"COM_STMT_SEND_LONG_DATA", phaseEnd},
	ComStmtClose:        {"COM_STMT_CLOSE", phaseEnd},
	ComStmtReset:        {"COM_STMT_RESET", phaseStatus},
	ComSetOption:        {"COM_SET_OPTION", phaseStatus},
	ComStmtFetch:        {"COM_STMT_FETCH", phaseRows},
	ComDaemon:           {"COM_DAEMON", phaseResult},
	ComBinlogDumpGTID:   {"COM_BINLOG_DUMP_GTID", phaseResult},
	ComResetConnection:  {"COM_RESET_CONNECTION", phaseStatus},
	ComClone:            {"COM_CLONE", phaseResult},
	ComStmtBulkExecute:  {"COM_STMT_BULK_EXECUTE", phaseResult},
	ComMulti:            {"COM_MULTI", phaseResult},
}

// String gives the protocol name, "COM_QUERY", or "COM_0x42" for a byte that is no command.
func (c Command) String() string {
	if name := commandTable[c].name; name != "" {
		return name
	}
	return "COM_0x" + strconv.FormatUint(uint64(c)|0x100, 16)[1:]
}

// HasAnswer is false for the commands that a server never answers: COM_QUIT, COM_STMT_CLOSE, COM_STMT_SEND_LONG_DATA.
func (c Command) HasAnswer() bool { return c.firstPhase() != phaseEnd }

// firstPhase is what the answer begins with. A command that isn't known gets ERR 1047, which any statement may get too.
func (c Command) firstPhase() phase {
	if entry := &commandTable[c]; entry.name != "" {
		return entry.first
	}
	return phaseResult
}
