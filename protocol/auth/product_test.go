package auth

import (
	"errors"
	"fmt"
	"testing"

	"parkway/protocol"
)

// TestProduct runs the server machine against the client machine for every combination of what both sides are and know.
func TestProduct(t *testing.T) {
	const secret = "secret"
	kinds := []struct {
		name  string
		p     Password
		right string
	}{
		{"empty", Password{}, ""},
		{"clear", mustParse(t, secret), secret},
		{"hash", mustParse(t, hashOf(secret)), secret},
	}
	n := 0
	for _, kind := range kinds {
		for _, begins := range []string{"", NativePassword, CachingSHA2Password, ClearPassword, ClientEd25519, "dialog"} {
			for _, def := range []string{NativePassword, CachingSHA2Password, "sha256_password"} {
				for bits := range 1 << 6 {
					secure, keyed, nativeless := bits&1 != 0, bits&2 != 0, bits&4 != 0
					drops, learned, again := bits&8 != 0, bits&16 != 0, bits&32 != 0
					if begins == "" && (drops || nativeless) || begins == NativePassword && nativeless || learned && kind.name != "hash" {
						continue // cannot be
					}
					cfg := ServerConfig{Password: kind.p, Nonce: greetingNonce, Secure: secure, Plugin: begins, DefaultPlugin: def, LacksNative: nativeless, ChangeUser: again}
					if keyed {
						cfg.Keys = testKeys()
					}
					if learned {
						cfg.Learned = func() (Credential, bool) { return ClearCredential(secret), true }
					}
					c := client{begins: begins, password: kind.right, secure: secure, dropsNonce: drops || begins == "dialog" || begins == ClientEd25519}
					if nativeless {
						c.lacks = map[string]bool{NativePassword: true}
					}
					n++
					name := fmt.Sprintf("%s begins=%s default=%s secure=%v keys=%v nativeless=%v drops=%v learned=%v again=%v",
						kind.name, begins, def, secure, keyed, nativeless, drops, learned, again)
					checkLogins(t, name, cfg, c)
				}
			}
		}
	}
	if n < 500 {
		t.Errorf("only %d combinations", n)
	}
}

// checkLogins logs in with the right password, with a wrong one and as an unknown user.
func checkLogins(t *testing.T, name string, cfg ServerConfig, c client) {
	t.Helper()
	right, wrong, unknown := cfg, cfg, cfg
	right.Known, wrong.Known, unknown.Known = true, true, false
	unknown.Password = cfg.Password.Decoy()

	password := c.password
	server := NewServer(right)
	_, err := c.login(t, server, cfg.Nonce)
	switch {
	case hopeless(cfg, c):
		var refusal *UnsupportedPluginError
		if !errors.As(err, &refusal) {
			t.Errorf("%s: %v, want an unsupported plugin", name, err)
		}
	case err != nil:
		t.Errorf("%s: right password: %v", name, err)
	case !server.Credential().Known():
		t.Errorf("%s: no credential", name)
	}

	if cfg.Password.kind == emptyPassword && c.dropsNonce && cfg.Plugin == cfg.DefaultPlugin && !cfg.ChangeUser {
		return // who drops the nonce of the own plugin says that there is no password
	}
	c.password = "wrong"
	sentWrong, errWrong := c.login(t, NewServer(wrong), cfg.Nonce)
	sentUnknown, errUnknown := c.login(t, NewServer(unknown), cfg.Nonce)
	var refusal *UnsupportedPluginError
	if !errors.Is(errWrong, ErrDenied) && !(hopeless(cfg, c) && errors.As(errWrong, &refusal)) {
		t.Errorf("%s: wrong password: %v", name, errWrong)
	}
	if cfg.Password.kind == emptyPassword {
		return // shows itself to whoever tries
	}
	if fmt.Sprint(errWrong) != fmt.Sprint(errUnknown) {
		t.Errorf("%s: wrong password: %v; unknown user: %v", name, errWrong, errUnknown)
	}
	if a, b := shape(sentWrong), shape(sentUnknown); a != b {
		t.Errorf("%s: a wrong password is asked for by %s, an unknown user's by %s", name, a, b)
	}

	unknown.Password = cfg.Password
	c.password = password
	if _, err := c.login(t, NewServer(unknown), cfg.Nonce); err == nil {
		t.Errorf("%s: an unknown user logged in", name)
	}
}

// hopeless: only a hash is known, the client cannot prove by it that it knows the password, and must not send it.
func hopeless(cfg ServerConfig, c client) bool {
	fast := cfg.Learned != nil && c.begins == CachingSHA2Password && !c.dropsNonce && !cfg.ChangeUser && c.password != "wrong"
	return cfg.Password.kind == nativeHash && cfg.LacksNative && !cfg.Secure && cfg.Keys == nil && !fast
}

// shape is what an observer can tell of the server's payloads: their kinds and lengths, not the nonces in them.
func shape(sent [][]byte) string {
	s := ""
	for _, p := range sent {
		s += fmt.Sprintf("[%d ", len(p))
		if p[0] == protocol.AuthSwitchHeader {
			s += string(p[1 : len(p)-NonceLen-2])
		} else {
			s += fmt.Sprintf("%x", p)
		}
		s += "]"
	}
	return s
}
