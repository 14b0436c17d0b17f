package stmt

import "parkway/protocol"

// errCodeWrongArguments is MySQL's ER_WRONG_ARGUMENTS.
const errCodeWrongArguments uint16 = 1210

func tooMany(what string, limit int64) *protocol.ERR {
	return protocol.NewERR(protocol.ErrCodeTooManyStatements,
		"parkway: Can't create more than max_prepared_stmt_count statements (current value: %d%s)", limit, what)
}

func wrongArguments(cmd protocol.Command, why string) *protocol.ERR {
	return protocol.NewERR(errCodeWrongArguments, "parkway: Incorrect arguments to %s: %s", cmd, why)
}
