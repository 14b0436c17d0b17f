package auth

import (
	"bytes"
	"strings"
	"testing"
)

func TestKeyPair(t *testing.T) {
	keys := new(KeyPair)
	text, err := keys.publicPEM()
	if err != nil {
		t.Fatal(err)
	}
	public, err := parsePublicKey(text)
	if err != nil {
		t.Fatal(err)
	}
	nonce := []byte("0123456789abcdefghij")
	for _, password := range []string{"", "x", "secret", strings.Repeat("long", 50)} {
		encrypted, err := encryptPassword(password, nonce, public)
		if err != nil {
			t.Fatal(err)
		}
		if len(encrypted) != cipherLen {
			t.Errorf("%d bytes, want %d", len(encrypted), cipherLen)
		}
		plain, err := keys.decryptPassword(encrypted, nonce)
		if err != nil || string(plain) != password+"\x00" {
			t.Errorf("%q came back as %q, %v", password, plain, err)
		}
		if plain, err := keys.decryptPassword(encrypted, bytes.Repeat([]byte("!"), NonceLen)); err == nil && string(plain) == password+"\x00" {
			t.Errorf("%q was decrypted with another nonce", password)
		}
		if _, err := testKeys().decryptPassword(encrypted, nonce); err == nil {
			t.Error("decrypted with another key")
		}
	}
	if _, err := encryptPassword(strings.Repeat("x", 214), nonce, public); err == nil {
		t.Error("a password longer than the key was encrypted")
	}
}

func TestParsePublicKeyErrors(t *testing.T) {
	const ed25519Key = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----`
	tests := map[string]string{
		"":        "no PEM block",
		"garbage": "no PEM block",
		"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----": "asn1",
		ed25519Key: "not an RSA key",
	}
	for in, want := range tests {
		if _, err := parsePublicKey([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", in, err, want)
		}
	}
}

// The keys are generated when a client asks for them, in a step that says that it is slow, and once.
func TestKeyPairIsMadeWhenNeeded(t *testing.T) {
	keys := new(KeyPair)
	var said [2][]byte
	for i, slow := range []bool{true, false} {
		s := NewServer(ServerConfig{Password: mustParse(t, hashOf("secret")), Known: true, Plugin: CachingSHA2Password, LacksNative: true, Keys: keys})
		if out, _, err := s.Step(make([]byte, sha2Len)); !bytes.Equal(out, fullAuth) || err != nil {
			t.Fatalf("% x, %v, want the request for the password", out, err)
		}
		if keys.known.Load() == slow || s.Slow(publicKeyRequest) != slow || !s.Slow(make([]byte, cipherLen)) {
			t.Errorf("client %d: there are keys: %v; slow: %v", i, keys.known.Load(), s.Slow(publicKeyRequest))
		}
		out, done, err := s.Step(publicKeyRequest)
		if done || err != nil || len(out) < cipherLen {
			t.Fatalf("%q, %v, %v, want a key", out, done, err)
		}
		said[i] = out
	}
	if !bytes.Equal(said[0], said[1]) {
		t.Error("the second client was sent another key")
	}
}
