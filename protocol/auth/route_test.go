package auth

import (
	"bytes"
	"errors"
	"testing"
)

func TestChooseRoute(t *testing.T) {
	const (
		tcp  = 0
		unix = 1 << iota
		keyed
		nativeless
		changeUser
	)
	native, sha2, clear := bytes.Repeat([]byte{1}, 20), bytes.Repeat([]byte{1}, 32), []byte("pw\x00")
	stay := func(plugin string) route { return route{plugin: plugin} }
	change := func(plugin string) route { return route{plugin: plugin, change: true} }

	tests := []struct {
		name        string
		password    string // "", "clear" or "hash"
		plugin, def string
		data        []byte
		with        int
		want        route
		refused     string // the plugin that the error names
	}{
		// The clear password is known: what the client began with.
		{"native", "clear", NativePassword, NativePassword, native, tcp, stay(NativePassword), ""},
		{"caching_sha2", "clear", CachingSHA2Password, CachingSHA2Password, sha2, tcp, stay(CachingSHA2Password), ""},
		{"native, greeting named another", "clear", NativePassword, CachingSHA2Password, native, tcp, stay(NativePassword), ""},
		{"clear over a unix socket", "clear", ClearPassword, CachingSHA2Password, clear, unix, stay(ClearPassword), ""},
		{"clear over TCP", "clear", ClearPassword, NativePassword, clear, tcp, change(NativePassword), ""},
		{"unsupported plugin", "clear", "sha256_password", CachingSHA2Password, sha2, tcp, change(CachingSHA2Password), ""},
		{"unsupported plugin, none by default", "clear", "dialog", "", nil, tcp, change(CachingSHA2Password), ""},
		{"unsupported plugin, unsupported default", "clear", "dialog", "dialog", nil, tcp, change(CachingSHA2Password), ""},
		{"unsupported plugin, clear by default", "clear", "dialog", ClearPassword, nil, unix, change(CachingSHA2Password), ""},
		{"no plugins at all", "clear", "", CachingSHA2Password, native, tcp, stay(NativePassword), ""},

		// Answers that cannot be the plugin's are asked for again.
		{"no answer yet", "clear", CachingSHA2Password, NativePassword, nil, tcp, change(CachingSHA2Password), ""},
		{"no answer yet, default plugin", "clear", NativePassword, NativePassword, nil, tcp, change(NativePassword), ""},
		{"a lone NUL", "clear", CachingSHA2Password, CachingSHA2Password, []byte{0}, tcp, change(CachingSHA2Password), ""},
		{"answer of another plugin", "clear", NativePassword, CachingSHA2Password, sha2, tcp, change(NativePassword), ""},
		{"no answer, no plugins", "clear", "", CachingSHA2Password, nil, tcp, stay(NativePassword), ""},

		// In COM_CHANGE_USER the answer is always asked for again, where the client understands that.
		{"change user", "clear", NativePassword, NativePassword, native, changeUser, change(NativePassword), ""},
		{"change user, no plugins", "clear", "", NativePassword, native, changeUser, stay(NativePassword), ""},
		{"change user, empty", "", NativePassword, NativePassword, nil, changeUser, change(NativePassword), ""},
		{"change user, empty, caching_sha2", "", CachingSHA2Password, NativePassword, nil, changeUser, change(CachingSHA2Password), ""},
		{"change user, empty, no plugins", "", "", NativePassword, nil, changeUser, stay(NativePassword), ""},

		// No password: no answer is the answer, of a client that was greeted with its own plugin.
		{"empty, native", "", NativePassword, NativePassword, nil, tcp, stay(NativePassword), ""},
		{"empty, caching_sha2", "", CachingSHA2Password, CachingSHA2Password, []byte{0}, tcp, stay(CachingSHA2Password), ""},
		{"empty, no plugins at all", "", "", CachingSHA2Password, nil, tcp, stay(NativePassword), ""},
		{"empty, native, greeting named caching_sha2", "", NativePassword, CachingSHA2Password, nil, tcp, change(NativePassword), ""},
		{"empty, caching_sha2, greeting named native", "", CachingSHA2Password, NativePassword, nil, tcp, change(CachingSHA2Password), ""},
		{"empty, MySQL 9, greeting named native", "", CachingSHA2Password, NativePassword, nil, nativeless, change(CachingSHA2Password), ""},
		{"empty, clear over a unix socket", "", ClearPassword, CachingSHA2Password, []byte{0}, unix, change(ClearPassword), ""},
		{"empty, unsupported plugin", "", "dialog", NativePassword, nil, tcp, change(NativePassword), ""},
		{"empty, but a password came", "", NativePassword, NativePassword, native, tcp, stay(NativePassword), ""},

		// Only a hash is known.
		{"hash, native", "hash", NativePassword, CachingSHA2Password, native, tcp, stay(NativePassword), ""},
		{"hash, caching_sha2 over TCP", "hash", CachingSHA2Password, CachingSHA2Password, sha2, keyed, change(NativePassword), ""},
		{"hash, caching_sha2 over a unix socket", "hash", CachingSHA2Password, CachingSHA2Password, sha2, unix, stay(CachingSHA2Password), ""},
		{"hash, MySQL 9 over TCP", "hash", CachingSHA2Password, CachingSHA2Password, sha2, keyed | nativeless, stay(CachingSHA2Password), ""},
		{"hash, MySQL 9, greeting named native", "hash", CachingSHA2Password, NativePassword, nil, keyed | nativeless, change(CachingSHA2Password), ""},
		{"hash, MySQL 9 over TCP, no keys", "hash", CachingSHA2Password, CachingSHA2Password, sha2, nativeless, route{}, CachingSHA2Password},
		{"hash, MySQL 9 with clear over TCP", "hash", ClearPassword, NativePassword, clear, nativeless, route{}, ClearPassword},
		{"hash, unsupported plugin", "hash", "dialog", CachingSHA2Password, nil, keyed, change(NativePassword), ""},
		{"hash, unsupported plugin of a MySQL 9", "hash", "authentication_ldap_sasl_client", NativePassword, nil, keyed | nativeless, change(CachingSHA2Password), ""},
		{"hash, unsupported plugin of a MySQL 9, no keys", "hash", "dialog", NativePassword, nil, nativeless, route{}, "dialog"},
		{"hash, clear over a unix socket", "hash", ClearPassword, NativePassword, clear, unix, stay(ClearPassword), ""},
		{"hash, no plugins at all", "hash", "", CachingSHA2Password, native, tcp, stay(NativePassword), ""},
	}
	passwords := map[string]Password{"": {}, "clear": mustParse(t, "secret"), "hash": mustParse(t, hashOf("secret"))}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := ServerConfig{Password: passwords[tt.password], Plugin: tt.plugin, DefaultPlugin: tt.def,
				Secure: tt.with&unix != 0, LacksNative: tt.with&nativeless != 0, ChangeUser: tt.with&changeUser != 0}
			if tt.with&keyed != 0 {
				cfg.Keys = testKeys()
			}
			for _, known := range []bool{true, false} {
				cfg.Known = known
				got, err := chooseRoute(&cfg, tt.data)
				var refusal *UnsupportedPluginError
				switch {
				case tt.refused != "":
					if !errors.As(err, &refusal) || refusal.Plugin != tt.refused {
						t.Fatalf("error %v, want one that names %s", err, tt.refused)
					}
				case err != nil || got != tt.want:
					t.Fatalf("%+v, %v, want %+v", got, err, tt.want)
				}
			}
		})
	}
}
