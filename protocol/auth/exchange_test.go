package auth

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"os"
	"sync"
	"testing"

	"parkway/protocol"
)

// testKeys is a fixed key pair: captured exchanges depend on it.
var testKeys = sync.OnceValue(func() *KeyPair {
	text, err := os.ReadFile("testdata/key.pem")
	if err != nil {
		panic(err)
	}
	block, _ := pem.Decode(text)
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		panic(err)
	}
	keys := new(KeyPair)
	keys.once.Do(func() { err = keys.take(private.(*rsa.PrivateKey)) })
	if err != nil {
		panic(err)
	}
	keys.known.Store(true)
	return keys
})

// testPEM is its public key.
func testPEM() []byte { return testKeys().public }

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustParse(t testing.TB, s string) Password {
	t.Helper()
	p, err := ParsePassword(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// hashOf is the mysql_native_password hash of a clear password, as a users table would hold it.
func hashOf(password string) string {
	stage2 := newClearPassword(password).stage2
	return "*" + hex.EncodeToString(stage2[:])
}

// client is a peer of Server in memory: how it begins, and which plugins it has.
type client struct {
	begins     string // plugin that it names
	password   string
	secure     bool
	dropsNonce bool            // the first answer is empty, as libmysqlclient's when the greeting named another plugin
	lacks      map[string]bool // plugins it hangs up on
}

var errHungUp = errors.New("the client hung up")

// login carries payloads between s and c until one of them ends the exchange. sent is all that the server sent.
func (c client) login(t testing.TB, s *Server, nonce [NonceLen]byte) (sent [][]byte, err error) {
	t.Helper()
	plugin := c.begins
	if plugin == "" {
		plugin = NativePassword
	}
	machine := NewClient(ClientConfig{Plugin: plugin, Nonce: nonce[:], Credential: ClearCredential(c.password), Secure: c.secure})
	in, _, err := machine.Step(nil)
	if err != nil {
		t.Fatalf("client: %v", err)
	}
	if c.dropsNonce {
		in = nil
	}
	for range 10 {
		out, done, err := s.Step(in)
		if out != nil {
			sent = append(sent, bytes.Clone(out))
		}
		if done || err != nil {
			return sent, err
		}
		if out == nil {
			t.Fatal("the server waits without having asked")
		}
		if out[0] == protocol.AuthSwitchHeader {
			var request protocol.AuthSwitchRequest
			if err := request.Decode(out); err != nil {
				t.Fatal(err)
			}
			if c.lacks[request.Plugin] {
				return sent, errHungUp
			}
		}
		if in, _, err = machine.Step(out); err != nil {
			return sent, err
		}
	}
	t.Fatal("the exchange has no end")
	return nil, nil
}
