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

// commandTable says what is known of each command. A command that isn't in it gets ERR 1047 from a server, which is an answer
// of the default shape.
var commandTable = [256]struct {
	name   string
	answer answer
}{
	ComSleep:            {"COM_SLEEP", answerResult},
	ComQuit:             {"COM_QUIT", answerNone},
	ComInitDB:           {"COM_INIT_DB", answerStatus},
	ComQuery:            {"COM_QUERY", answerResult},
	ComFieldList:        {"COM_FIELD_LIST", answerFields},
	ComCreateDB:         {"COM_CREATE_DB", answerStatus},
	ComDropDB:           {"COM_DROP_DB", answerStatus},
	ComRefresh:          {"COM_REFRESH", answerStatus},
	ComShutdown:         {"COM_SHUTDOWN", answerStatus},
	ComStatistics:       {"COM_STATISTICS", answerText},
	ComProcessInfo:      {"COM_PROCESS_INFO", answerResult},
	ComConnect:          {"COM_CONNECT", answerResult},
	ComProcessKill:      {"COM_PROCESS_KILL", answerStatus},
	ComDebug:            {"COM_DEBUG", answerStatus},
	ComPing:             {"COM_PING", answerStatus},
	ComTime:             {"COM_TIME", answerResult},
	ComDelayedInsert:    {"COM_DELAYED_INSERT", answerResult},
	ComChangeUser:       {"COM_CHANGE_USER", answerResult},
	ComBinlogDump:       {"COM_BINLOG_DUMP", answerResult},
	ComTableDump:        {"COM_TABLE_DUMP", answerResult},
	ComConnectOut:       {"COM_CONNECT_OUT", answerResult},
	ComRegisterSlave:    {"COM_REGISTER_SLAVE", answerStatus},
	ComStmtPrepare:      {"COM_STMT_PREPARE", answerPrepare},
	ComStmtExecute:      {"COM_STMT_EXECUTE", answerResult},
	ComStmtSendLongData: {"COM_STMT_SEND_LONG_DATA", answerNone},
	ComStmtClose:        {"COM_STMT_CLOSE", answerNone},
	ComStmtReset:        {"COM_STMT_RESET", answerStatus},
	ComSetOption:        {"COM_SET_OPTION", answerStatus},
	ComStmtFetch:        {"COM_STMT_FETCH", answerRows},
	ComDaemon:           {"COM_DAEMON", answerResult},
	ComBinlogDumpGTID:   {"COM_BINLOG_DUMP_GTID", answerResult},
	ComResetConnection:  {"COM_RESET_CONNECTION", answerStatus},
	ComClone:            {"COM_CLONE", answerResult},
	ComStmtBulkExecute:  {"COM_STMT_BULK_EXECUTE", answerResult},
	ComMulti:            {"COM_MULTI", answerResult},
}

// String gives the protocol name, "COM_QUERY", or "COM_0x42" for a byte that is no command.
func (c Command) String() string {
	if name := commandTable[c].name; name != "" {
		return name
	}
	return "COM_0x" + strconv.FormatUint(uint64(c)|0x100, 16)[1:]
}

// HasAnswer is false for the commands that a server never answers: COM_QUIT, COM_STMT_CLOSE, COM_STMT_SEND_LONG_DATA.
func (c Command) HasAnswer() bool { return commandTable[c].answer != answerNone }
