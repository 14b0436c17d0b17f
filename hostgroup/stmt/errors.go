package stmt

import (
	"fmt"

	"parkway/protocol"
)

// Error codes of MySQL's that only prepared statements have.
const (
	errCodeWrongArguments    uint16 = 1210
	errCodeTooManyStatements uint16 = 1461
)

func tooMany(what string, limit int64) *protocol.ERR {
	return &protocol.ERR{
		Code: errCodeTooManyStatements, State: "42000",
		Message: fmt.Sprintf("parkway: Can't create more than max_prepared_stmt_count statements (current value: %d%s)", limit, what),
	}
}

func wrongArguments(cmd protocol.Command, why string) *protocol.ERR {
	return protocol.NewERR(errCodeWrongArguments, "parkway: Incorrect arguments to %s: %s", cmd, why)
}
