//go:build integration

package auth

import (
	"errors"
	"strings"
	"testing"

	"parkway/bench/servers"
	"parkway/protocol"
)

// backendLogin is a login to a real server and what must come of it.
type backendLogin struct {
	name       string
	user       string
	credential Credential
	code       uint16 // of the server's error
	err        error  // of the client machine
	refused    string // plugin that the client machine refuses
	steps      int    // how many payloads the client machine must have taken; 0: any
}

const (
	denied                = protocol.ErrCodeAccessDenied
	deniedWithoutPassword = 1698 // ER_ACCESS_DENIED_NO_PASSWORD_ERROR: the account has no password that could be wrong
)

func sha1Of(password string) Credential { return sha1Credential(newClearPassword(password).stage1) }

func runBackendLogins(t *testing.T, address string, logins []backendLogin) {
	for _, tt := range logins {
		t.Run(tt.name, func(t *testing.T) {
			rec := new(capture)
			w, err := login(address, tt.user, ClientConfig{Credential: tt.credential}, rec)
			defer saveCapture(t, rec)
			var refusal *protocol.ERR
			var unsupported *UnsupportedPluginError
			switch {
			case tt.code != 0:
				if !errors.As(err, &refusal) || refusal.Code != tt.code {
					t.Fatalf("%v, want error %d", err, tt.code)
				}
			case tt.refused != "":
				if !errors.As(err, &unsupported) || unsupported.Plugin != tt.refused {
					t.Fatalf("%v, want an error that names %s", err, tt.refused)
				}
			case !errors.Is(err, tt.err):
				t.Fatalf("%v, want %v", err, tt.err)
			}
			if tt.steps != 0 && len(rec.Steps) != tt.steps {
				t.Errorf("%d steps, want %d: %+v", len(rec.Steps), tt.steps, rec.Steps)
			}
			if err != nil {
				return
			}
			defer w.Close()
			if err := w.command(protocol.ComPing, ""); err != nil {
				t.Errorf("ping after the login: %v", err)
			}
		})
	}
}

func TestRealMariaDB(t *testing.T) {
	server := startServer(t, servers.MariaDB,
		"INSTALL PLUGIN ed25519 SONAME 'auth_ed25519'",
		"CREATE USER pw_native@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('secret')",
		"CREATE USER pw_empty@'%' IDENTIFIED VIA mysql_native_password",
		"CREATE USER pw_ed25519@'%' IDENTIFIED VIA ed25519 USING PASSWORD('secret')",
		"CREATE USER pw_either@'%' IDENTIFIED VIA ed25519 USING PASSWORD('other') OR mysql_native_password USING PASSWORD('secret')",
		"CREATE USER pw_socket@'%' IDENTIFIED VIA unix_socket")
	runBackendLogins(t, tcpAddress(server), []backendLogin{
		{name: "native", user: "pw_native", credential: ClearCredential("secret"), steps: 1},
		{name: "native by SHA1", user: "pw_native", credential: sha1Of("secret"), steps: 1},
		{name: "native, wrong", user: "pw_native", credential: ClearCredential("Secret"), code: denied},
		{name: "native, none given", user: "pw_native", credential: ClearCredential(""), code: denied},
		{name: "empty", user: "pw_empty", credential: ClearCredential("")},
		{name: "empty, one given", user: "pw_empty", credential: ClearCredential("secret"), code: denied},
		{name: "ed25519", user: "pw_ed25519", credential: ClearCredential("secret"), steps: 2},
		{name: "ed25519, wrong", user: "pw_ed25519", credential: ClearCredential("Secret"), code: denied},
		{name: "ed25519 by SHA1", user: "pw_ed25519", credential: sha1Of("secret"), err: ErrNeedClear},
		{name: "second plugin", user: "pw_either", credential: ClearCredential("secret")},
		{name: "first plugin", user: "pw_either", credential: ClearCredential("other")},
		{name: "unix_socket", user: "pw_socket", credential: ClearCredential("secret"), code: deniedWithoutPassword},
	})
}

func TestRealMySQL(t *testing.T) {
	long := strings.Repeat("0123456789", 20)
	server := startServer(t, servers.MySQL,
		"CREATE USER pw_sha2@'%' IDENTIFIED WITH caching_sha2_password BY 'secret'",
		"CREATE USER pw_long@'%' IDENTIFIED WITH caching_sha2_password BY '"+long+"'",
		"CREATE USER pw_empty@'%' IDENTIFIED WITH caching_sha2_password BY ''",
		"CREATE USER pw_sha256@'%' IDENTIFIED WITH sha256_password BY 'secret'")
	logins := []backendLogin{
		{name: "wrong", user: "pw_sha2", credential: ClearCredential("Secret"), code: denied},
		{name: "full", user: "pw_sha2", credential: ClearCredential("secret"), steps: 3},
		{name: "fast", user: "pw_sha2", credential: ClearCredential("secret"), steps: 2},
		{name: "by SHA1", user: "pw_sha2", credential: sha1Of("secret"), err: ErrNeedClear},
		{name: "none given", user: "pw_sha2", credential: ClearCredential(""), code: denied},
		{name: "long", user: "pw_long", credential: ClearCredential(long), steps: 3},
		{name: "empty", user: "pw_empty", credential: ClearCredential("")},
		{name: "empty, one given", user: "pw_empty", credential: ClearCredential("secret"), code: denied},
		{name: "sha256_password", user: "pw_sha256", credential: ClearCredential("secret"), refused: "sha256_password"},
	}
	t.Run("tcp", func(t *testing.T) { runBackendLogins(t, tcpAddress(server), logins) })
	t.Run("socket", func(t *testing.T) {
		execute(t, server, "FLUSH PRIVILEGES") // empties the server's cache of passwords
		for i := range logins {
			if logins[i].steps == 3 {
				logins[i].steps = 2 // no key is asked for
			}
		}
		runBackendLogins(t, server.Socket, logins)
	})
}
