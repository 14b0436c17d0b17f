package backend

import (
	"errors"
	"syscall"
	"testing"

	"parkway/protocol"
	"parkway/protocol/auth"
)

func TestError(t *testing.T) {
	said := func(code uint16) *protocol.ERR { return protocol.NewERR(code, "words of the server") }
	late := &protocol.MalformedError{Message: "answer to COM_QUERY", Cause: &protocol.SequenceError{Got: 0, Want: 1},
		Server: said(protocol.ErrCodeInteractionTimeout)}
	const code = protocol.ErrCodeNetRead
	for _, test := range []struct {
		name      string
		stage     Stage
		cause     error
		retryable bool
		packet    string
	}{
		{"no connection", StageConnect, syscall.ECONNREFUSED, true, "ERROR 1158 (08S01): parkway: connect to db:1: connection refused"},
		{"silence", StageGreet, protocol.ErrNoAnswer, true, "ERROR 1158 (08S01): parkway: greeting of db:1: no answer in time"},
		{"too many connections", StageGreet, said(protocol.ErrCodeTooManyConnections), true,
			"ERROR 1040 (08004): parkway: greeting of db:1: ERROR 1040 (08004): words of the server"},
		{"shutdown", StageLogin, said(protocol.ErrCodeServerShutdown), true,
			"ERROR 1053 (08S01): parkway: login at db:1: ERROR 1053 (08S01): words of the server"},
		{"host blocked", StageGreet, said(protocol.ErrCodeHostBlocked), true,
			"ERROR 1129 (HY000): parkway: greeting of db:1: ERROR 1129 (HY000): words of the server"},
		{"host not allowed", StageGreet, said(protocol.ErrCodeHostNotPrivileged), false,
			"ERROR 1130 (HY000): parkway: greeting of db:1: ERROR 1130 (HY000): words of the server"},
		{"wrong password", StageLogin, said(protocol.ErrCodeAccessDenied), false,
			"ERROR 1045 (28000): parkway: login at db:1: ERROR 1045 (28000): words of the server"},
		{"no such schema", StageLogin, said(protocol.ErrCodeBadDB), false, "ERROR 1049 (42000): words of the server"},
		{"schema denied", StageLogin, said(protocol.ErrCodeDBAccessDenied), false, "ERROR 1044 (42000): words of the server"},
		{"lost in the login", StageLogin, protocol.ErrHungUp, true, "ERROR 1158 (08S01): parkway: login at db:1: the server has closed the connection"},
		{"login impossible", StageLogin, &loginError{auth.ErrNoCredential}, false,
			"ERROR 1158 (08S01): parkway: login at db:1: " + auth.ErrNoCredential.Error()},
		{"idle, lost", StageIdle, protocol.ErrHungUp, false, "ERROR 1158 (08S01): parkway: connection to db:1: the server has closed the connection"},
		{"idle, told", StageIdle, said(protocol.ErrCodeInteractionTimeout), false, "ERROR 4031 (HY000): words of the server"},
		{"busy, lost", StageCommand, protocol.ErrHungUp, false, "ERROR 1158 (08S01): parkway: answer of db:1: the server has closed the connection"},
		{"busy, told too late", StageCommand, late, false, "ERROR 4031 (HY000): words of the server"},
		{"busy, garbage", StageCommand, &protocol.MalformedError{Message: "answer"}, false,
			"ERROR 1158 (08S01): parkway: answer of db:1: malformed answer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := &Error{Server: "db:1", Stage: test.stage, Cause: test.cause}
			if e.Retryable() != test.retryable {
				t.Errorf("Retryable %v", e.Retryable())
			}
			if got := e.Packet(code).Error(); got != test.packet {
				t.Errorf("packet %q\nwant   %q", got, test.packet)
			}
			if !errors.Is(e, test.cause) {
				t.Error("the cause is not wrapped")
			}
		})
	}
	if e := (&Error{Cause: &loginError{auth.ErrNoCredential}}); !errors.Is(e, auth.ErrNoCredential) {
		t.Error("the cause of a login error is not wrapped")
	}
}
