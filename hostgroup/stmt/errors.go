package stmt

import "parkway/protocol"

func tooMany(what string, limit int64) *protocol.ERR {
	return protocol.NewERR(protocol.ErrCodeTooManyStatements,
		"parkway: Can't create more than max_prepared_stmt_count statements (current value: %d%s)", limit, what)
}

func wrongArguments(cmd protocol.Command, why string) *protocol.ERR {
	return protocol.NewERR(protocol.ErrCodeWrongArguments, "parkway: Incorrect arguments to %s: %s", cmd, why)
}
