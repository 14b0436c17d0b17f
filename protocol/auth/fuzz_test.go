package auth

import (
	"bytes"
	"crypto/rand"
	"testing"
)

// split cuts a fuzzer's bytes into payloads: a length byte before each, 255 meaning all the rest.
func split(data []byte) (payloads [][]byte) {
	for len(data) > 0 {
		n := int(data[0])
		data = data[1:]
		if n == 255 || n > len(data) {
			n = len(data)
		}
		payloads = append(payloads, data[:n])
		data = data[n:]
	}
	return payloads
}

func joined(payloads ...[]byte) (data []byte) {
	for i, p := range payloads {
		n := byte(len(p))
		if i == len(payloads)-1 {
			n = 255
		}
		data = append(append(data, n), p...)
	}
	return data
}

var fuzzPlugins = []string{"", NativePassword, CachingSHA2Password, ClearPassword, ClientEd25519, "dialog"}

// Nobody logs in without the password, whatever is sent, and nothing panics.
func FuzzServer(f *testing.F) {
	secret := rand.Text()
	passwords := []Password{mustParse(f, secret), mustParse(f, hashOf(secret))}
	sha2, encrypted := make([]byte, 32), make([]byte, 256)
	for _, seed := range [][]byte{
		nil, joined(make([]byte, 20)), joined(sha2), joined(nil, sha2), joined(sha2, []byte{2}, encrypted), joined(sha2, encrypted),
		joined([]byte("password\x00")), joined(sha2, []byte("password\x00")), joined([]byte{0}, []byte{0}, []byte{0}),
	} {
		for bits := range byte(16) {
			f.Add(bits, byte(2), byte(2), seed)
		}
		f.Add(byte(0), byte(1), byte(1), seed)
		f.Add(byte(3), byte(3), byte(1), seed)
		f.Add(byte(1), byte(5), byte(4), seed)
	}
	f.Fuzz(func(t *testing.T, bits, plugin, def byte, data []byte) {
		cfg := ServerConfig{Password: passwords[bits&1], Known: true, Nonce: greetingNonce, Secure: bits&2 != 0, LacksNative: bits&4 != 0,
			Plugin: fuzzPlugins[int(plugin)%len(fuzzPlugins)], DefaultPlugin: fuzzPlugins[int(def)%len(fuzzPlugins)]}
		if bits&8 != 0 {
			cfg.Keys = testKeys()
		}
		if bits&16 != 0 {
			cfg.Learned = func() (Credential, bool) { return ClearCredential(secret), true }
		}
		s := NewServer(cfg)
		for _, in := range split(data) {
			kept := bytes.Clone(in)
			out, done, err := s.Step(in)
			if done || s.Credential().Known() {
				t.Fatalf("logged in with %x", data)
			}
			if !bytes.Equal(in, kept) {
				t.Fatal("the payload was changed")
			}
			if err != nil && out != nil {
				t.Fatal("a payload beside an error")
			}
			s.Abandoned()
			s.Plugin()
		}
		if _, done, _ := s.Step(nil); done {
			t.Fatal("logged in with nothing")
		}
	})
}

// A server cannot make the client panic, nor tell its password in clear over a connection that is not secure.
func FuzzClient(f *testing.F) {
	const secret = "do not tell"
	credentials := []Credential{ClearCredential(secret), sha1Credential(newClearPassword(secret).stage1), ClearCredential(""), {}}
	full, key := []byte{1, 4}, append([]byte{1}, testPEM()...)
	for _, seed := range [][]byte{
		nil, joined([]byte{1, 3}), joined(full), joined(full, key), joined(full, full), joined([]byte{0xFE}),
		joined(switchRequest(NativePassword, make([]byte, 21))),
		joined(switchRequest(CachingSHA2Password, make([]byte, 21)), full, key),
		joined(switchRequest(ClientEd25519, make([]byte, 32))),
		joined(switchRequest(ClearPassword, nil)),
		joined(switchRequest("dialog", nil)), joined([]byte("\x02plugin\x00")),
	} {
		for bits := range byte(8) {
			f.Add(bits, byte(2), seed)
		}
	}
	f.Fuzz(func(t *testing.T, bits, plugin byte, data []byte) {
		secure := bits&4 != 0
		c := NewClient(ClientConfig{Plugin: fuzzPlugins[int(plugin)%len(fuzzPlugins)], Nonce: greetingNonce[:], Secure: secure,
			Credential: credentials[bits&3]})
		for _, in := range append([][]byte{nil}, split(data)...) {
			out, _, err := c.Step(in)
			if !secure && bytes.Contains(out, []byte(secret)) {
				t.Fatalf("the password was told: %q", out)
			}
			if err != nil && out != nil {
				t.Fatal("a payload beside an error")
			}
			c.Plugin()
		}
	})
}

func FuzzParsePassword(f *testing.F) {
	for _, seed := range []string{"", "secret", "*", hashOf("secret"), hashOf("secret")[:40], "$A$005$"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePassword(s)
		if err != nil {
			if p != (Password{}) {
				t.Fatal("a password beside an error")
			}
			return
		}
		if c := p.Credential(); c.Known() == p.Hashed() {
			t.Fatalf("hashed %v, credential known %v", p.Hashed(), c.Known())
		}
		if again, _ := ParsePassword(s); again != p {
			t.Fatal("equal passwords differ")
		}
	})
}
