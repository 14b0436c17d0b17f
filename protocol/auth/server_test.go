package auth

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"parkway/protocol"
)

var (
	greetingNonce = [NonceLen]byte([]byte("abcdefghijklmnopqrst"))
	switchNonce   = [NonceLen]byte([]byte("ABCDEFGHIJKLMNOPQRST"))
)

// testServer is the configuration for a client that names plugin, as the greeting did not if it is not caching_sha2_password.
func testServer(password Password, plugin string) ServerConfig {
	return ServerConfig{Password: password, Known: true, Nonce: greetingNonce, Plugin: plugin, DefaultPlugin: CachingSHA2Password,
		Keys: testKeys(), NewNonce: func() [NonceLen]byte { return switchNonce }}
}

// answerTo is the payload with which a client that knows the password answers a nonce.
func answerTo(t testing.TB, plugin, password string, nonce [NonceLen]byte) []byte {
	t.Helper()
	c := NewClient(ClientConfig{Plugin: plugin, Nonce: nonce[:], Credential: ClearCredential(password), Secure: true})
	out, _, err := c.Step(nil)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(out)
}

// step is one call of Server.Step and what must come of it.
type step struct {
	in   []byte
	out  []byte
	done bool
	err  error // matched with errors.Is; errAnyMalformed matches every MalformedError
}

var errAnyMalformed = errors.New("any MalformedError")

func runSteps(t *testing.T, s *Server, steps []step) {
	t.Helper()
	for i, st := range steps {
		out, done, err := s.Step(st.in)
		var malformed *MalformedError
		if st.err == errAnyMalformed && errors.As(err, &malformed) {
			err = errAnyMalformed
		}
		if !bytes.Equal(out, st.out) || done != st.done || !errors.Is(err, st.err) {
			t.Fatalf("step %d: out %x, done %v, error %v; want %x, %v, %v", i, out, done, err, st.out, st.done, st.err)
		}
	}
}

func TestServerSteps(t *testing.T) {
	const secret = "secret"
	clear, hash := mustParse(t, secret), mustParse(t, hashOf(secret))
	native := func(nonce [NonceLen]byte) []byte { return answerTo(t, NativePassword, secret, nonce) }
	sha2 := func(nonce [NonceLen]byte) []byte { return answerTo(t, CachingSHA2Password, secret, nonce) }
	wrong := answerTo(t, CachingSHA2Password, "wrong", greetingNonce)
	request := func(plugin string, nonce [NonceLen]byte) []byte {
		return append(append(append([]byte{0xFE}, plugin...), 0), append(nonce[:], 0)...)
	}
	switchTo := func(plugin string) []byte { return request(plugin, switchNonce) }
	repeat := func(plugin string) []byte { return request(plugin, greetingNonce) }
	encrypted := func(password string, nonce [NonceLen]byte) []byte {
		out, err := encryptPassword(password, nonce[:], &testKeys().private.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	key := append([]byte{1}, testPEM()...)
	secure := func(c ServerConfig) ServerConfig { c.Secure = true; return c }
	nativeless := func(c ServerConfig) ServerConfig { c.LacksNative = true; return c }
	unknown := func(c ServerConfig) ServerConfig { c.Known = false; return c }
	learned := func(c ServerConfig, password string) ServerConfig {
		c.Learned = func() (Credential, bool) { return ClearCredential(password), true }
		return c
	}
	changeUser := func(c ServerConfig) ServerConfig { c.ChangeUser = true; return c }
	greeted := func(c ServerConfig) ServerConfig { c.DefaultPlugin = c.Plugin; return c }
	long := strings.Repeat("x", maxClearPassword)
	full := []byte{1, 4}
	fast := []byte{1, 3}

	tests := []struct {
		name  string
		cfg   ServerConfig
		steps []step
	}{
		{"native", testServer(clear, NativePassword), []step{{in: native(greetingNonce), done: true}, {err: ErrFinished}}},
		{"native, wrong", testServer(clear, NativePassword), []step{{in: wrong[:20], err: ErrDenied}, {in: native(greetingNonce), err: ErrFinished}}},
		{"native, unknown user", unknown(testServer(clear, NativePassword)), []step{{in: native(greetingNonce), err: ErrDenied}}},
		{"native, hash", testServer(hash, NativePassword), []step{{in: native(greetingNonce), done: true}}},
		{"native, answer to another nonce", testServer(clear, NativePassword), []step{{in: native(switchNonce), err: ErrDenied}}},
		{"native, asked again", testServer(clear, NativePassword), []step{{out: switchTo(NativePassword)}, {in: native(switchNonce), done: true}}},
		{"native, old answer after a switch", testServer(clear, NativePassword), []step{{out: switchTo(NativePassword)}, {in: native(greetingNonce), err: ErrDenied}}},
		{"native, no password given twice", testServer(clear, NativePassword), []step{{out: switchTo(NativePassword)}, {err: ErrDenied}}},
		{"native, malformed", testServer(clear, NativePassword), []step{{out: switchTo(NativePassword)}, {in: wrong, err: errAnyMalformed}}},
		{"no plugins, no password", testServer(clear, ""), []step{{err: ErrDenied}}},
		{"no plugins, malformed", testServer(clear, ""), []step{{in: wrong, err: errAnyMalformed}}},

		{"caching_sha2", testServer(clear, CachingSHA2Password), []step{{in: sha2(greetingNonce), out: fast, done: true}}},
		{"caching_sha2, wrong", testServer(clear, CachingSHA2Password), []step{{in: wrong, err: ErrDenied}}},
		{"caching_sha2, unknown user", unknown(testServer(clear, CachingSHA2Password)), []step{{in: sha2(greetingNonce), err: ErrDenied}}},
		{"caching_sha2, asked again", testServer(clear, CachingSHA2Password), []step{{out: switchTo(CachingSHA2Password)}, {in: sha2(switchNonce), out: fast, done: true}}},
		{"caching_sha2, malformed", testServer(clear, CachingSHA2Password), []step{{out: switchTo(CachingSHA2Password)}, {in: wrong[:31], err: errAnyMalformed}}},

		{"hash, full over a secure transport", secure(testServer(hash, CachingSHA2Password)),
			[]step{{in: sha2(greetingNonce), out: full}, {in: []byte("secret\x00"), done: true}}},
		{"hash, full, wrong", secure(testServer(hash, CachingSHA2Password)),
			[]step{{in: wrong, out: full}, {in: []byte("wrong\x00"), err: ErrDenied}}},
		{"hash, full, unknown user", unknown(secure(testServer(hash, CachingSHA2Password))),
			[]step{{in: sha2(greetingNonce), out: full}, {in: []byte("secret\x00"), err: ErrDenied}}},
		{"hash, full, empty", secure(testServer(hash, CachingSHA2Password)), []step{{in: wrong, out: full}, {in: []byte{0}, err: ErrDenied}}},
		{"hash, full, nothing", secure(testServer(hash, CachingSHA2Password)), []step{{in: wrong, out: full}, {err: ErrDenied}}},
		{"hash, full, endless", secure(testServer(hash, CachingSHA2Password)), []step{{in: wrong, out: full}, {in: make([]byte, 1<<20), err: ErrDenied}}},
		{"hash, key asked for over a secure transport", secure(testServer(hash, CachingSHA2Password)),
			[]step{{in: wrong, out: full}, {in: []byte{2}, out: key}, {in: encrypted(secret, greetingNonce), done: true}}},
		{"hash, encrypted", nativeless(testServer(hash, CachingSHA2Password)),
			[]step{{in: wrong, out: full}, {in: []byte{2}, out: key}, {in: encrypted(secret, greetingNonce), done: true}}},
		{"hash, encrypted with a key it had", nativeless(testServer(hash, CachingSHA2Password)),
			[]step{{in: wrong, out: full}, {in: encrypted(secret, greetingNonce), done: true}}},
		{"hash, encrypted after a switch", nativeless(testServer(hash, CachingSHA2Password)),
			[]step{{out: switchTo(CachingSHA2Password)}, {in: sha2(switchNonce), out: full}, {in: []byte{2}, out: key}, {in: encrypted(secret, switchNonce), done: true}}},
		{"hash, encrypted, wrong", nativeless(testServer(hash, CachingSHA2Password)),
			[]step{{in: wrong, out: full}, {in: encrypted("wrong", greetingNonce), err: ErrDenied}}},
		{"hash, encrypted, unknown user", unknown(nativeless(testServer(hash, CachingSHA2Password))),
			[]step{{in: wrong, out: full}, {in: encrypted(secret, greetingNonce), err: ErrDenied}}},
		{"hash, not what was encrypted", nativeless(testServer(hash, CachingSHA2Password)),
			[]step{{in: wrong, out: full}, {in: make([]byte, 256), err: ErrDenied}}},
		{"hash, clear where it must be encrypted", nativeless(testServer(hash, CachingSHA2Password)),
			[]step{{in: wrong, out: full}, {in: []byte("secret\x00"), err: errAnyMalformed}}},
		{"hash, key asked for twice", nativeless(testServer(hash, CachingSHA2Password)),
			[]step{{in: wrong, out: full}, {in: []byte{2}, out: key}, {in: []byte{2}, err: errAnyMalformed}}},
		{"hash, native instead", testServer(hash, CachingSHA2Password), []step{{in: wrong, out: switchTo(NativePassword)}, {in: native(switchNonce), done: true}}},

		{"hash, learned", learned(testServer(hash, CachingSHA2Password), secret), []step{{in: sha2(greetingNonce), out: fast, done: true}}},
		{"hash, learned, unknown user", unknown(learned(testServer(hash, CachingSHA2Password), secret)),
			[]step{{in: sha2(greetingNonce), out: switchTo(NativePassword)}, {in: native(switchNonce), err: ErrDenied}}},
		{"hash, learned, unknown user over a secure transport", unknown(learned(secure(testServer(hash, CachingSHA2Password)), secret)),
			[]step{{in: sha2(greetingNonce), out: full}, {in: []byte("secret\x00"), err: ErrDenied}}},
		{"hash, learned, change user", changeUser(learned(testServer(hash, CachingSHA2Password), secret)),
			[]step{{in: sha2(greetingNonce), out: repeat(NativePassword)}, {in: native(greetingNonce), done: true}}},
		{"hash, learned, wrong", learned(testServer(hash, CachingSHA2Password), secret),
			[]step{{in: wrong, out: switchTo(NativePassword)}, {in: wrong[:20], err: ErrDenied}}},
		{"hash, learned what is not the password", learned(testServer(hash, CachingSHA2Password), "wrong"),
			[]step{{in: wrong, out: switchTo(NativePassword)}, {in: native(switchNonce), done: true}}},
		{"hash, learned, after a switch", learned(nativeless(testServer(hash, CachingSHA2Password)), secret),
			[]step{{out: switchTo(CachingSHA2Password)}, {in: sha2(switchNonce), out: fast, done: true}}},

		{"clear", secure(testServer(clear, ClearPassword)), []step{{in: []byte("secret\x00"), done: true}}},
		{"clear, hash", secure(testServer(hash, ClearPassword)), []step{{in: []byte("secret\x00"), done: true}}},
		{"clear, wrong", secure(testServer(clear, ClearPassword)), []step{{in: []byte("secre\x00"), err: ErrDenied}}},
		{"clear, unknown user", unknown(secure(testServer(clear, ClearPassword))), []step{{in: []byte("secret\x00"), err: ErrDenied}}},
		{"clear, no NUL", secure(testServer(clear, ClearPassword)), []step{{in: []byte("secret"), out: switchTo(ClearPassword)}, {in: []byte("secret"), done: true}}},
		{"clear, two NULs", secure(testServer(clear, ClearPassword)), []step{{in: []byte("secret\x00\x00"), err: ErrDenied}}},
		{"clear, as long as is hashed", secure(testServer(newClearPassword(long), ClearPassword)), []step{{in: []byte(long + "\x00"), done: true}}},
		{"clear, longer", secure(testServer(newClearPassword(long+"x"), ClearPassword)), []step{{in: []byte(long + "x\x00"), err: ErrDenied}}},
		{"clear over TCP", testServer(clear, ClearPassword), []step{{in: []byte("secret\x00"), out: switchTo(CachingSHA2Password)}, {in: sha2(switchNonce), out: fast, done: true}}},

		{"empty, native", greeted(testServer(Password{}, NativePassword)), []step{{done: true}}},
		{"empty, native, a lone NUL", greeted(testServer(Password{}, NativePassword)), []step{{in: []byte{0}, done: true}}},
		{"empty, native, greeted with another", testServer(Password{}, NativePassword), []step{{out: switchTo(NativePassword)}, {done: true}}},
		{"empty, native, greeted with another, a password given", testServer(Password{}, NativePassword),
			[]step{{out: switchTo(NativePassword)}, {in: native(switchNonce), err: ErrDenied}}},
		{"empty, caching_sha2", testServer(Password{}, CachingSHA2Password), []step{{in: []byte{0}, done: true}}},
		{"empty, clear", secure(testServer(Password{}, ClearPassword)), []step{{in: []byte{0}, out: switchTo(ClearPassword)}, {in: []byte{0}, done: true}}},
		{"empty, unsupported plugin", testServer(Password{}, "dialog"), []step{{out: switchTo(CachingSHA2Password)}, {in: []byte{}, done: true}}},
		{"empty, a password given", testServer(Password{}, NativePassword), []step{{in: native(greetingNonce), err: ErrDenied}}},
		{"empty, a password given to caching_sha2", testServer(Password{}, CachingSHA2Password), []step{{in: wrong, err: ErrDenied}}},
		{"empty, a password given in clear", secure(testServer(Password{}, ClearPassword)), []step{{in: []byte("x\x00"), err: ErrDenied}}},
		{"empty, unknown user", unknown(testServer(Password{}, NativePassword)), []step{{out: switchTo(NativePassword)}, {err: ErrDenied}}},

		// The nonce is the one that the client has.
		{"change user, native", changeUser(testServer(clear, NativePassword)),
			[]step{{in: native(greetingNonce), out: repeat(NativePassword)}, {in: native(greetingNonce), done: true}}},
		{"change user, native, wrong", changeUser(testServer(clear, NativePassword)),
			[]step{{in: native(greetingNonce), out: repeat(NativePassword)}, {in: wrong[:20], err: ErrDenied}}},
		{"change user, caching_sha2", changeUser(testServer(clear, CachingSHA2Password)),
			[]step{{out: repeat(CachingSHA2Password)}, {in: sha2(greetingNonce), out: fast, done: true}}},
		{"change user, empty", changeUser(testServer(Password{}, CachingSHA2Password)), []step{{out: repeat(CachingSHA2Password)}, {done: true}}},
		{"change user, empty, a password given", changeUser(testServer(Password{}, CachingSHA2Password)),
			[]step{{out: repeat(CachingSHA2Password)}, {in: sha2(greetingNonce), err: ErrDenied}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { runSteps(t, NewServer(tt.cfg), tt.steps) })
	}
}

// What a login reveals must be enough for the next one: to a server, and to this one by the fast path.
func TestServerCredential(t *testing.T) {
	const secret = "secret"
	clear, hash := mustParse(t, secret), mustParse(t, hashOf(secret))
	tests := []struct {
		name     string
		password Password
		client   client
		knows    knowledge
	}{
		{"clear, native", clear, client{begins: NativePassword, password: secret}, knowsClear},
		{"clear, caching_sha2", clear, client{begins: CachingSHA2Password, password: secret}, knowsClear},
		{"hash, native", hash, client{begins: NativePassword, password: secret}, knowsSHA1},
		{"hash, switched to native", hash, client{begins: CachingSHA2Password, password: secret}, knowsSHA1},
		{"hash, caching_sha2", hash, client{begins: CachingSHA2Password, password: secret, secure: true}, knowsClear},
		{"hash, clear", hash, client{begins: ClearPassword, password: secret, secure: true}, knowsClear},
		{"empty", Password{}, client{begins: NativePassword}, knowsClear},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := testServer(tt.password, tt.client.begins)
			cfg.Secure = tt.client.secure
			s := NewServer(cfg)
			if s.Credential().Known() {
				t.Error("a credential before the login")
			}
			if _, err := tt.client.login(t, s, greetingNonce); err != nil {
				t.Fatal(err)
			}
			c := s.Credential()
			if c.knows != tt.knows {
				t.Fatalf("credential knows %d, want %d", c.knows, tt.knows)
			}
			onward := NewClient(ClientConfig{Plugin: NativePassword, Nonce: switchNonce[:], Credential: c})
			answer, _, err := onward.Step(nil)
			if err != nil || !bytes.Equal(answer, answerTo(t, NativePassword, tt.client.password, switchNonce)) {
				t.Errorf("answer to a server: %x, %v", answer, err)
			}
		})
	}
}

// A login by SHA1(password) alone still hands on the clear password that an earlier login revealed.
func TestServerCredentialKeepsWhatWasLearned(t *testing.T) {
	cfg := testServer(mustParse(t, hashOf("secret")), NativePassword)
	cfg.Learned = func() (Credential, bool) { return ClearCredential("secret"), true }
	s := NewServer(cfg)
	if _, err := (client{begins: NativePassword, password: "secret"}).login(t, s, greetingNonce); err != nil {
		t.Fatal(err)
	}
	if s.Credential() != ClearCredential("secret") {
		t.Error("the learned clear password was lost")
	}
}

func TestServerNamesThePlugin(t *testing.T) {
	cfg := testServer(mustParse(t, "secret"), "dialog")
	s := NewServer(cfg)
	out, _, err := s.Step(nil)
	if err != nil || s.Plugin() != CachingSHA2Password || out[0] != protocol.AuthSwitchHeader {
		t.Fatalf("%x, %v, plugin %s", out, err, s.Plugin())
	}
	if err := s.Abandoned(); err == nil || !strings.Contains(err.Error(), "'dialog'") {
		t.Errorf("abandoned: %v", err)
	}
	var refusal *UnsupportedPluginError
	if _, _, err := s.Step([]byte("what?")); !errors.As(err, &refusal) || refusal.Plugin != "dialog" {
		t.Errorf("%v, want an error that names dialog", err)
	}
	if err := s.Abandoned(); err != nil {
		t.Errorf("abandoned after the end: %v", err)
	}
}

func TestServerAbandoned(t *testing.T) {
	for _, secure := range []bool{false, true} {
		cfg := testServer(mustParse(t, hashOf("secret")), CachingSHA2Password)
		cfg.LacksNative, cfg.Secure = true, secure
		s := NewServer(cfg)
		if err := s.Abandoned(); err != nil {
			t.Errorf("before it was asked anything: %v", err)
		}
		if _, _, err := s.Step(make([]byte, sha2Len)); err != nil {
			t.Fatal(err)
		}
		err := s.Abandoned()
		if err == nil || !strings.Contains(err.Error(), CachingSHA2Password) {
			t.Fatalf("%v, want an error that names the plugin", err)
		}
		if advised := strings.Contains(err.Error(), "--get-server-public-key"); advised == secure {
			t.Errorf("secure %t: %v", secure, err)
		}
	}
}
