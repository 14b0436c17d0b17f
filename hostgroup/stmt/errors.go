package stmt

import (
	"fmt"

	"parkway/protocol"
)

// Error codes of MySQL's that only prepared statements have.
const (
	errCodeWrongArguments    uint16 = 1210
	errCodeNoOpenCursor      uint16 = 1421
	errCodeTooManyStatements uint16 = 1461
)

// Unknown is what a client reads that speaks of a statement it hasn't prepared. COM_STMT_SEND_LONG_DATA and COM_STMT_CLOSE have no
// answer, not even this one.
func Unknown(cmd protocol.Command, id uint32) *protocol.ERR {
	return protocol.NewERR(protocol.ErrCodeUnknownStatement, "parkway: Unknown prepared statement handler (%d) given to %s", id, cmd)
}

// NoCursor is what a client reads that fetches from a statement for which the server holds no cursor.
func NoCursor(id uint32) *protocol.ERR {
	return protocol.NewERR(errCodeNoOpenCursor, "parkway: The statement (%d) has no open cursor.", id)
}

func tooMany(what string, limit int64) *protocol.ERR {
	return &protocol.ERR{
		Code: errCodeTooManyStatements, State: "42000",
		Message: fmt.Sprintf("parkway: Can't create more than max_prepared_stmt_count statements (current value: %d%s)", limit, what),
	}
}

func wrongArguments(cmd protocol.Command, why string) *protocol.ERR {
	return protocol.NewERR(errCodeWrongArguments, "parkway: Incorrect arguments to %s: %s", cmd, why)
}
