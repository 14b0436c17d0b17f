//go:build integration

package auth

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"testing"

	"parkway/bench/servers"
)

// clientLogin is a login of a real client program and what must come of it.
type clientLogin struct {
	name     string
	password string // in the users table
	given    string // to the client
	def      string // plugin in the greeting
	unix     bool
	options  []string
	err      error
}

// runClientLogins runs a client program of the flavor, which the test is only for, once for each login.
func runClientLogins(t *testing.T, f servers.Flavor, program string, logins []clientLogin) {
	t.Helper()
	onlyFor(t, f)
	for _, tt := range logins {
		t.Run(tt.name, func(t *testing.T) {
			network, address := "tcp", "127.0.0.1:0"
			if tt.unix {
				network, address = "unix", filepath.Join(t.TempDir(), "s")
			}
			listener, err := net.Listen(network, address)
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			options := []string{"--user=someone", "--password=" + tt.given, "--execute=DO 1"}
			if tt.unix {
				options = append(options, "--protocol=SOCKET", "--socket="+address)
			} else {
				options = append(options, "--protocol=TCP", "--host=127.0.0.1", fmt.Sprintf("--port=%d", listener.Addr().(*net.TCPAddr).Port))
			}
			cmd, err := servers.Command(f, program, append(options, tt.options...)...)
			if err != nil {
				t.Fatal(err)
			}
			output := make(chan []byte, 1)
			go func() {
				text, _ := cmd.CombinedOutput()
				listener.Close() // nobody will come any more
				output <- text
			}()
			conn, err := listener.Accept()
			if err != nil {
				t.Fatalf("%v; the client says: %s", err, <-output)
			}
			defer conn.Close()
			nonce, switched := NewNonce(), NewNonce()
			rec := &capture{Server: &serverCapture{Password: tt.password, DefaultPlugin: tt.def, Secure: tt.unix, Nonce: *toHex(nonce[:]), SwitchNonce: *toHex(switched[:])}}
			err = newWire(conn).serve(ServerConfig{Password: mustParse(t, tt.password), Known: true, Nonce: nonce, Secure: tt.unix, Keys: testKeys(),
				DefaultPlugin: tt.def, NewNonce: func() [NonceLen]byte { return switched }}, rec)
			conn.Close()
			text := <-output
			if !errors.Is(err, tt.err) {
				t.Fatalf("%v, want %v; steps %+v; the client says: %s", err, tt.err, rec.Steps, text)
			}
			if success := cmd.ProcessState.Success(); success != (tt.err == nil) {
				t.Errorf("the client says: %s", text)
			}
			saveCapture(t, rec)
		})
	}
}

func TestRealMariaDBClient(t *testing.T) {
	hash := hashOf("secret")
	native, sha2 := []string{"--default-auth=mysql_native_password"}, []string{"--default-auth=caching_sha2_password"}
	runClientLogins(t, servers.MariaDB, "mariadb", []clientLogin{
		{name: "native", password: "secret", given: "secret", def: NativePassword},
		{name: "native, wrong", password: "secret", given: "wrong", def: NativePassword, err: ErrDenied},
		{name: "native, unix", password: "secret", given: "secret", def: NativePassword, unix: true},
		{name: "greeting names caching_sha2", password: "secret", given: "secret", def: CachingSHA2Password},
		{name: "greeting names caching_sha2, unix", password: "secret", given: "secret", def: CachingSHA2Password, unix: true},
		{name: "begins with ed25519", password: "secret", given: "secret", def: NativePassword, options: []string{"--default-auth=client_ed25519"}},
		{name: "begins with dialog", password: hash, given: "secret", def: CachingSHA2Password, options: []string{"--default-auth=dialog"}},
		{name: "hash", password: hash, given: "secret", def: NativePassword},
		{name: "hash, greeting names caching_sha2", password: hash, given: "secret", def: CachingSHA2Password},
		{name: "hash, greeting names caching_sha2, unix", password: hash, given: "secret", def: CachingSHA2Password, unix: true},
		{name: "hash, wrong", password: hash, given: "wrong", def: NativePassword, err: ErrDenied},
		{name: "empty", def: NativePassword},
		{name: "empty, greeting names caching_sha2", def: CachingSHA2Password},
		{name: "empty, begins with native", def: CachingSHA2Password, options: native},
		{name: "empty, begins with native, one given", given: "secret", def: CachingSHA2Password, options: native, err: ErrDenied},
		{name: "empty, begins with caching_sha2", def: NativePassword, options: sha2},
		{name: "empty, begins with caching_sha2, one given", given: "secret", def: NativePassword, options: sha2, err: ErrDenied},
		{name: "empty, one given", given: "secret", def: NativePassword, err: ErrDenied},
		{name: "clear, unix", password: "secret", given: "secret", def: NativePassword, unix: true, options: []string{"--default-auth=mysql_clear_password"}},
	})
}

func TestRealMySQLClient(t *testing.T) {
	hash := hashOf("secret")
	getKey := []string{"--get-server-public-key"}
	runClientLogins(t, servers.MySQL, "mysql", []clientLogin{
		{name: "caching_sha2", password: "secret", given: "secret", def: CachingSHA2Password},
		{name: "caching_sha2, wrong", password: "secret", given: "wrong", def: CachingSHA2Password, err: ErrDenied},
		{name: "caching_sha2, unix", password: "secret", given: "secret", def: CachingSHA2Password, unix: true},
		{name: "greeting names native", password: "secret", given: "secret", def: NativePassword},
		{name: "hash, by key", password: hash, given: "secret", def: CachingSHA2Password, options: getKey},
		{name: "hash, by key, greeting names native", password: hash, given: "secret", def: NativePassword, options: getKey},
		{name: "hash, by key, wrong", password: hash, given: "wrong", def: CachingSHA2Password, options: getKey, err: ErrDenied},
		{name: "hash, unix", password: hash, given: "secret", def: CachingSHA2Password, unix: true},
		{name: "hash, unix, wrong", password: hash, given: "wrong", def: CachingSHA2Password, unix: true, err: ErrDenied},
		{name: "empty", def: CachingSHA2Password},
		{name: "empty, one given", given: "secret", def: CachingSHA2Password, err: ErrDenied},
		{name: "empty, greeting names native", def: NativePassword},
		{name: "empty, greeting names native, one given", given: "secret", def: NativePassword, err: ErrDenied},
		{name: "clear, unix", password: "secret", given: "secret", def: CachingSHA2Password, unix: true,
			options: []string{"--default-auth=mysql_clear_password", "--enable-cleartext-plugin"}},
	})
}
