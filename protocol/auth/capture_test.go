package auth

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// capture is an exchange with a real client or server, recorded by the integration tests (flag -capture) and replayed here
// against the machine that took part.
type capture struct {
	About  string         // program and version of the peer
	Server *serverCapture `json:",omitempty"`
	Client *clientCapture `json:",omitempty"`
	Steps  []capturedStep
	Result string // "accepted" or the error
}

type serverCapture struct {
	Password, Plugin, DefaultPlugin string
	Secure, LacksNative             bool   `json:",omitempty"`
	Nonce, SwitchNonce              string // hex
}

type clientCapture struct {
	Plugin   string
	Nonce    string // hex
	Password string `json:",omitempty"`
	SHA1     string `json:",omitempty"` // hex, instead of Password
	Secure   bool   `json:",omitempty"`
}

// capturedStep is one call of Step. Absent payloads are nil; Random stands for an encrypted password, different each time.
type capturedStep struct {
	In, Out *string `json:",omitempty"` // hex
	Random  bool    `json:",omitempty"`
}

const captureDir = "testdata/captures"

func TestCaptures(t *testing.T) {
	files, err := filepath.Glob(captureDir + "/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var c capture
			if err := json.Unmarshal(text, &c); err != nil {
				t.Fatal(err)
			}
			c.replay(t)
		})
	}
}

func (c *capture) replay(t *testing.T) {
	var machine interface {
		Step(in []byte) (out []byte, done bool, err error)
	}
	switch {
	case c.Server != nil:
		machine = NewServer(c.Server.config(t))
	case c.Client != nil:
		machine = NewClient(c.Client.config(t))
	default:
		t.Fatal("the capture names no side")
	}
	result := ""
	for i, st := range c.Steps {
		out, done, err := machine.Step(fromHex(t, st.In))
		switch {
		case err != nil:
			result = err.Error()
		case done:
			result = "accepted"
		}
		if st.Random {
			if st.Out == nil || 2*len(out) != len(*st.Out) {
				t.Fatalf("step %d: %d bytes, captured %s", i, len(out), *st.Out)
			}
			continue
		}
		if got := toHex(out); (got == nil) != (st.Out == nil) || got != nil && *got != *st.Out {
			t.Fatalf("step %d: out %x, error %v, captured %v", i, out, err, st.Out)
		}
	}
	if c.Client != nil && c.Result != "accepted" {
		return // the refusal was the server's
	}
	if result != c.Result {
		t.Errorf("result %q, captured %q", result, c.Result)
	}
}

func (c *serverCapture) config(t testing.TB) ServerConfig {
	return ServerConfig{Password: mustParse(t, c.Password), Known: true, Plugin: c.Plugin, DefaultPlugin: c.DefaultPlugin,
		Secure: c.Secure, LacksNative: c.LacksNative, Keys: testKeys(), Nonce: [NonceLen]byte(unhex(t, c.Nonce)),
		NewNonce: func() [NonceLen]byte { return [NonceLen]byte(unhex(t, c.SwitchNonce)) }}
}

func (c *clientCapture) config(t testing.TB) ClientConfig {
	credential := ClearCredential(c.Password)
	if c.SHA1 != "" {
		credential = sha1Credential([sha1.Size]byte(unhex(t, c.SHA1)))
	}
	return ClientConfig{Plugin: c.Plugin, Nonce: unhex(t, c.Nonce), Credential: credential, Secure: c.Secure}
}

func fromHex(t testing.TB, s *string) []byte {
	if s == nil {
		return nil
	}
	return unhex(t, *s)
}

func toHex(b []byte) *string {
	if b == nil {
		return nil
	}
	s := hex.EncodeToString(b)
	return &s
}
