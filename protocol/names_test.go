package protocol

import "testing"

func TestNames(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{ComQuery.String(), "COM_QUERY"},
		{ComStmtBulkExecute.String(), "COM_STMT_BULK_EXECUTE"},
		{Command(0x42).String(), "COM_0x42"},
		{Capability(0).String(), "none"},
		{(ClientProtocol41 | ClientDeprecateEOF | MariaDBBulkUnitResults).String(), "PROTOCOL_41|DEPRECATE_EOF|MARIADB_BULK_UNIT_RESULTS"},
		{Capability(1 << 63).String(), "BIT_63"},
		{NewERR(ErrCodeAccessDenied, "user %s", "u").Error(), "ERROR 1045 (28000): user u"},
		{NewERR(ErrCodeUnknown, "x").Error(), "ERROR 1105 (HY000): x"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
	for flag, bit := range map[Capability]int{ClientSSL: 11, ClientSecureConnection: 15, ClientDeprecateEOF: 24, ClientQueryAttributes: 27, MariaDBProgress: 32, MariaDBBulkUnitResults: 37} {
		if flag != 1<<bit {
			t.Errorf("%v is not bit %d", flag, bit)
		}
	}
}

func TestHasAnswer(t *testing.T) {
	silent := map[Command]bool{ComQuit: true, ComStmtClose: true, ComStmtSendLongData: true}
	for c := range 256 {
		if cmd := Command(c); cmd.HasAnswer() == silent[cmd] {
			t.Errorf("%v.HasAnswer() = %v", cmd, cmd.HasAnswer())
		}
	}
}
