package auth

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"parkway/protocol"
)

func switchRequest(plugin string, data []byte) []byte {
	return (&protocol.AuthSwitchRequest{Plugin: plugin, Data: data}).Append(nil)
}

func TestClientPlugin(t *testing.T) {
	clear, hashed := ClearCredential("secret"), sha1Credential(newClearPassword("secret").stage1)
	tests := []struct {
		name       string
		server     string
		credential Credential
		secure     bool
		want       string
	}{
		{"native", NativePassword, clear, false, NativePassword},
		{"caching_sha2", CachingSHA2Password, clear, false, CachingSHA2Password},
		{"caching_sha2 without the clear password", CachingSHA2Password, hashed, false, NativePassword},
		{"clear", ClearPassword, clear, true, ClearPassword},
		{"clear over TCP", ClearPassword, clear, false, NativePassword},
		{"ed25519 does not fit the greeting's nonce", ClientEd25519, clear, false, NativePassword},
		{"unsupported", "sha256_password", clear, false, NativePassword},
		{"none", "", clear, false, NativePassword},
		{"nothing known", CachingSHA2Password, Credential{}, false, NativePassword},
	}
	for _, tt := range tests {
		c := NewClient(ClientConfig{Plugin: tt.server, Nonce: greetingNonce[:], Credential: tt.credential, Secure: tt.secure})
		if got := c.Plugin(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestClientSteps(t *testing.T) {
	const secret = "secret"
	native := func(nonce [NonceLen]byte) []byte { return answerTo(t, NativePassword, secret, nonce) }
	sha2 := func(nonce [NonceLen]byte) []byte { return answerTo(t, CachingSHA2Password, secret, nonce) }
	clearCfg := func(plugin string) ClientConfig {
		return ClientConfig{Plugin: plugin, Nonce: greetingNonce[:], Credential: ClearCredential(secret)}
	}
	secure := func(c ClientConfig) ClientConfig { c.Secure = true; return c }
	with := func(c ClientConfig, credential Credential) ClientConfig { c.Credential = credential; return c }
	hashed := sha1Credential(newClearPassword(secret).stage1)
	nonceNUL := append(bytes.Clone(switchNonce[:]), 0)

	tests := []struct {
		name  string
		cfg   ClientConfig
		steps []step
	}{
		{"native", clearCfg(NativePassword), []step{{out: native(greetingNonce), done: true}}},
		{"native by SHA1", with(clearCfg(NativePassword), hashed), []step{{out: native(greetingNonce), done: true}}},
		{"native, empty", with(clearCfg(NativePassword), ClearCredential("")), []step{{done: true}}},
		{"native, more data", clearCfg(NativePassword), []step{{out: native(greetingNonce), done: true}, {in: []byte{1, 3}, err: errAnyMalformed}, {in: []byte{1, 3}, err: ErrFinished}}},
		{"native to caching_sha2", clearCfg(NativePassword), []step{{out: native(greetingNonce), done: true},
			{in: switchRequest(CachingSHA2Password, nonceNUL), out: sha2(switchNonce)}, {in: []byte{1, 3}, done: true}}},
		{"a nonce without NUL", clearCfg(CachingSHA2Password), []step{{out: sha2(greetingNonce)},
			{in: switchRequest(NativePassword, switchNonce[:]), out: native(switchNonce), done: true}}},
		{"a nonce too short", clearCfg(CachingSHA2Password), []step{{out: sha2(greetingNonce)},
			{in: switchRequest(NativePassword, switchNonce[:19]), err: errAnyMalformed}}},
		{"no nonce", clearCfg(NativePassword), []step{{out: native(greetingNonce), done: true},
			{in: switchRequest(CachingSHA2Password, nil), err: errAnyMalformed}}},
		{"caching_sha2, fast", clearCfg(CachingSHA2Password), []step{{out: sha2(greetingNonce)}, {in: []byte{1, 3}, done: true}}},
		{"caching_sha2, full over a secure transport", secure(clearCfg(CachingSHA2Password)),
			[]step{{out: sha2(greetingNonce)}, {in: []byte{1, 4}, out: []byte("secret\x00"), done: true}}},
		{"caching_sha2, full over TCP", clearCfg(CachingSHA2Password),
			[]step{{out: sha2(greetingNonce)}, {in: []byte{1, 4}, out: []byte{2}}, {in: []byte("\x01no key"), err: errAnyMalformed}}},
		{"caching_sha2, neither", clearCfg(CachingSHA2Password), []step{{out: sha2(greetingNonce)}, {in: []byte{1, 5}, err: errAnyMalformed}}},
		{"caching_sha2, empty more data", clearCfg(CachingSHA2Password), []step{{out: sha2(greetingNonce)}, {in: []byte{1}, err: errAnyMalformed}}},
		{"caching_sha2, empty", with(clearCfg(CachingSHA2Password), ClearCredential("")), []step{{out: []byte{0}, done: true}}},
		{"caching_sha2, empty, more data", with(clearCfg(CachingSHA2Password), ClearCredential("")), []step{{out: []byte{0}, done: true}, {in: []byte{1, 4}, err: errAnyMalformed}}},
		{"caching_sha2 by SHA1", with(clearCfg(CachingSHA2Password), hashed), []step{{out: native(greetingNonce), done: true},
			{in: switchRequest(CachingSHA2Password, nonceNUL), err: ErrNeedClear}}},
		{"ed25519 by SHA1", with(clearCfg(NativePassword), hashed), []step{{out: native(greetingNonce), done: true},
			{in: switchRequest(ClientEd25519, make([]byte, 32)), err: ErrNeedClear}}},
		{"ed25519, nonce too short", clearCfg(NativePassword), []step{{out: native(greetingNonce), done: true},
			{in: switchRequest(ClientEd25519, make([]byte, 31)), err: errAnyMalformed}}},
		{"clear", secure(clearCfg(ClearPassword)), []step{{out: []byte("secret\x00"), done: true}}},
		{"nothing known", with(clearCfg(NativePassword), Credential{}), []step{{err: ErrNoCredential}}},
		{"empty packet", clearCfg(NativePassword), []step{{out: native(greetingNonce), done: true}, {err: errAnyMalformed}}},
		{"an OK packet is the caller's", clearCfg(NativePassword), []step{{out: native(greetingNonce), done: true}, {in: []byte{0, 0, 0, 2, 0, 0, 0}, err: errAnyMalformed}}},
		{"switch without an end of its name", clearCfg(NativePassword), []step{{out: native(greetingNonce), done: true}, {in: []byte("\xfename"), err: errAnyMalformed}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { runClientSteps(t, NewClient(tt.cfg), tt.steps) })
	}
}

func runClientSteps(t *testing.T, c *Client, steps []step) {
	t.Helper()
	for i, st := range steps {
		out, done, err := c.Step(st.in)
		var malformed *MalformedError
		if st.err == errAnyMalformed && errors.As(err, &malformed) {
			err = errAnyMalformed
		}
		if !bytes.Equal(out, st.out) || done != st.done || !errors.Is(err, st.err) {
			t.Fatalf("step %d: out %x, done %v, error %v; want %x, %v, %v", i, out, done, err, st.out, st.done, st.err)
		}
	}
}

// An empty password is an empty packet, not none: the server waits for it.
func TestClientSendsEmptyAnswer(t *testing.T) {
	c := NewClient(ClientConfig{Plugin: NativePassword, Nonce: greetingNonce[:], Credential: ClearCredential("")})
	if out, _, err := c.Step(nil); out == nil || err != nil {
		t.Errorf("out %v, error %v", out, err)
	}
}

func TestClientUnsupportedPlugin(t *testing.T) {
	tests := []struct {
		name, plugin string
		in           []byte
	}{
		{"unix_socket", "auth_socket", switchRequest("auth_socket", nil)},
		{"gssapi", "auth_gssapi_client", switchRequest("auth_gssapi_client", []byte("principal"))},
		{"PAM", "dialog", switchRequest("dialog", []byte("Password: "))},
		{"sha256_password", "sha256_password", switchRequest("sha256_password", make([]byte, 21))},
		{"before 4.1", "mysql_old_password", []byte{0xFE}},
		{"clear over TCP", ClearPassword, switchRequest(ClearPassword, nil)},
		{"second factor", "authentication_webauthn_client", []byte("\x02authentication_webauthn_client\x00data")},
		{"second factor without an end of its name", "x", []byte("\x02x")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := NewClient(ClientConfig{Plugin: CachingSHA2Password, Nonce: greetingNonce[:], Credential: ClearCredential("secret")})
			if _, _, err := c.Step(nil); err != nil {
				t.Fatal(err)
			}
			_, _, err := c.Step(tt.in)
			var refusal *UnsupportedPluginError
			if !errors.As(err, &refusal) || refusal.Plugin != tt.plugin || !strings.Contains(err.Error(), "'"+tt.plugin+"'") {
				t.Errorf("%v, want an error that names %s", err, tt.plugin)
			}
		})
	}
}

func TestClientStopsEndlessSwitching(t *testing.T) {
	c := NewClient(ClientConfig{Plugin: NativePassword, Nonce: greetingNonce[:], Credential: ClearCredential("secret")})
	_, _, err := c.Step(nil)
	n := 0
	for err == nil && n < 100 {
		_, _, err = c.Step(switchRequest(NativePassword, switchNonce[:]))
		n++
	}
	var malformed *MalformedError
	if n != maxSwitches+1 || !errors.As(err, &malformed) {
		t.Errorf("%d switches, then %v", n, err)
	}
}

// Over TCP the password must leave only encrypted, with the nonce that was answered last.
func TestClientEncryptsPassword(t *testing.T) {
	c := NewClient(ClientConfig{Plugin: CachingSHA2Password, Nonce: greetingNonce[:], Credential: ClearCredential("secret")})
	ins := [][]byte{nil, switchRequest(CachingSHA2Password, append(switchNonce[:], 0)), {1, 4}, append([]byte{1}, testPEM()...)}
	var out []byte
	var done bool
	for _, in := range ins {
		var err error
		if out, done, err = c.Step(in); err != nil {
			t.Fatal(err)
		}
		clear(in) // payloads die with the call
	}
	plain, err := testKeys().decryptPassword(out, switchNonce[:])
	if err != nil || string(plain) != "secret\x00" || !done {
		t.Errorf("%q, done %v, %v", plain, done, err)
	}
	if _, _, err := c.Step([]byte{1, 4}); err == nil {
		t.Error("the password is sent again")
	}
}

func TestClientPasswordTooLongToEncrypt(t *testing.T) {
	c := NewClient(ClientConfig{Plugin: CachingSHA2Password, Nonce: greetingNonce[:], Credential: ClearCredential(strings.Repeat("x", 300))})
	var err error
	for _, in := range [][]byte{nil, {1, 4}, append([]byte{1}, testPEM()...)} {
		_, _, err = c.Step(in)
	}
	if err == nil || !strings.Contains(err.Error(), "encrypt password") {
		t.Errorf("error %v", err)
	}
}
