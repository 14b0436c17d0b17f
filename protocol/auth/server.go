package auth

import (
	"bytes"
	"errors"
	"fmt"

	"parkway/protocol"
)

// ServerConfig is what Server needs to know of one login.
type ServerConfig struct {
	Password      Password                  // of the user; for an unknown user a decoy of the kind that known users have
	Known         bool                      // false: nobody may log in; the exchange and the work are those of a known user
	Nonce         [NonceLen]byte            // that the client was sent last: in the greeting, or in an auth switch since
	Secure        bool                      // unix socket or TLS: clear passwords may pass
	Keys          *KeyPair                  // nil: no encrypted passwords
	Plugin        string                    // that the client named; "" if it cannot switch plugins (no CLIENT_PLUGIN_AUTH)
	LacksNative   bool                      // the client is known to have no mysql_native_password; see LacksNative
	DefaultPlugin string                    // that the greeting named
	ChangeUser    bool                      // COM_CHANGE_USER: a new answer, to the old Nonce, is asked for; see challengeAgain
	NewNonce      func() [NonceLen]byte     // for a switch at the first login; nil: NewNonce
	Learned       func() (Credential, bool) // what earlier logins revealed of a hashed password; may be nil
}

// Server verifies one client, step by step, as a server does. Not safe for concurrent use; it has no I/O and never blocks,
// but a step of the full caching_sha2_password exchange without a secure transport takes longer: see Slow.
type Server struct {
	cfg        ServerConfig
	learned    Credential // checked against the password; the zero value if nothing is known
	state      serverState
	nonce      [NonceLen]byte // the challenge that the next answer is for
	plugin     string         // in use
	switched   bool           // the plugin in use was asked for by an auth switch
	verifier   verifier
	credential Credential
}

type serverState byte

const (
	serverStart     serverState = iota // nothing heard yet
	serverVerifying                    // verifier waits for the client's next payload
	serverAccepted
	serverRefused
)

// verifier is the server's half of a plugin, for one client.
type verifier interface {
	// step takes the client's next payload, the first one being the answer to the nonce. It returns the payload to send,
	// and done with a nil error when the client proved to know the password.
	step(in []byte) (out []byte, done bool, err error)
}

// serverPlugin is an entry of the table of plugins that clients can be verified with.
type serverPlugin struct {
	// obstacle says why the plugin cannot verify this client; "" if it can.
	obstacle func(cfg *ServerConfig) string
	// answers reports whether data has the form of a first answer with a password.
	answers func(data []byte) bool
	// verifier starts the exchange for s.nonce.
	verifier func(s *Server) verifier
}

var serverPlugins = map[string]serverPlugin{
	NativePassword:      {obstacle: nativeObstacle, answers: isNativeAnswer, verifier: newNativeVerifier},
	CachingSHA2Password: {obstacle: cachingSHA2Obstacle, answers: isCachingSHA2Answer, verifier: newCachingSHA2Verifier},
	ClearPassword:       {obstacle: clearObstacle, answers: isClearAnswer, verifier: newClearVerifier},
}

// NewServer prepares the verification of one client.
func NewServer(cfg ServerConfig) *Server {
	if cfg.NewNonce == nil {
		cfg.NewNonce = NewNonce
	}
	if !cfg.Known && cfg.Password.kind == emptyPassword {
		cfg.Password = cfg.Password.Decoy() // nobody may look like a user without password
	}
	s := &Server{cfg: cfg, nonce: cfg.Nonce, plugin: cfg.Plugin}
	if cfg.Learned != nil && cfg.Password.kind == nativeHash {
		if learned, ok := cfg.Learned(); ok && learned.opens(cfg.Password.stage2) {
			s.learned = learned
		}
	}
	return s
}

// Step takes the next thing the client sent: first the auth data of its HandshakeResponse or COM_CHANGE_USER, then whole
// payloads. in is not kept.
//
// out is the payload to send (an auth switch request or more data), nil if there is none; it is valid until the next call and
// must not be changed. done: the client is logged in; out, if any, goes before the OK packet. Any error ends the exchange: ErrDenied,
// *UnsupportedPluginError or *MalformedError.
func (s *Server) Step(in []byte) (out []byte, done bool, err error) {
	switch s.state {
	case serverStart:
		out, done, err = s.start(in)
	case serverVerifying:
		out, done, err = s.verifier.step(in)
	default:
		return nil, false, ErrFinished
	}
	switch {
	case err != nil:
		s.state = serverRefused
		return nil, false, s.explain(err)
	case done:
		s.state = serverAccepted
	}
	return out, done, nil
}

// Slow reports whether Step(in) takes milliseconds, because in is a password encrypted with the public key, or a large part of a second, because the key
// that in asks for is not generated yet: who must not be held up runs that Step elsewhere.
func (s *Server) Slow(in []byte) bool {
	if s.state != serverVerifying || s.plugin != CachingSHA2Password || s.cfg.Keys == nil {
		return false
	}
	return len(in) == cipherLen || bytes.Equal(in, publicKeyRequest) && !s.cfg.Keys.known.Load()
}

// start takes the answer that came with the client's first packet.
func (s *Server) start(data []byte) (out []byte, done bool, err error) {
	if s.provesLearned(data) {
		return s.accept(fastAuthSuccess, s.learned)
	}
	r, err := chooseRoute(&s.cfg, data)
	if err != nil {
		return nil, false, err
	}
	s.state = serverVerifying
	s.plugin = r.plugin
	if r.change {
		return s.challengeAgain(), false, nil
	}
	s.verifier = serverPlugins[r.plugin].verifier(s)
	return s.verifier.step(data)
}

// challengeAgain returns an auth switch request for the plugin in use. In COM_CHANGE_USER it repeats the nonce that the client
// has, as servers do: mysql_native_password in libmysqlclient and Connector/C answers that one, whatever the request says
// (native_password_auth_client).
func (s *Server) challengeAgain() []byte {
	s.switched = true
	if !s.cfg.ChangeUser {
		s.nonce = s.cfg.NewNonce()
	}
	s.verifier = serverPlugins[s.plugin].verifier(s)
	request := protocol.AuthSwitchRequest{Plugin: s.plugin, Data: append(s.nonce[:], 0)}
	return request.Append(nil)
}

// provesLearned lets a client in that answers with caching_sha2_password while only a native hash is configured, if an
// earlier login revealed the clear password. A wrong answer is treated as if nothing had been learned, so that it cannot be told
// who logged in before.
func (s *Server) provesLearned(data []byte) bool {
	if s.cfg.Plugin != CachingSHA2Password || s.cfg.Password.kind != nativeHash || s.cfg.ChangeUser || !isCachingSHA2Answer(data) {
		return false
	}
	return verifyCachingSHA2(data, s.nonce, s.sha2Digest()) && s.cfg.Known
}

// sha2Digest returns SHA256(SHA256(password)) as far as known, else a value that no answer matches.
func (s *Server) sha2Digest() [sha2Len]byte {
	if s.learned.knows == knowsClear {
		return newClearPassword(s.learned.clear).sha2
	}
	return s.cfg.Password.sha2
}

// judge ends the exchange. match: the client's answer fits the password; revealed: what it tells of the password.
func (s *Server) judge(match bool, out []byte, revealed Credential) ([]byte, bool, error) {
	if !match || !s.cfg.Known {
		return nil, false, ErrDenied
	}
	return s.accept(out, revealed)
}

func (s *Server) accept(out []byte, revealed Credential) ([]byte, bool, error) {
	s.credential = s.cfg.Password.Credential()
	for _, c := range [...]Credential{revealed, s.learned} {
		if c.Better(s.credential) {
			s.credential = c
		}
	}
	return out, true, nil
}

// judgeEmpty ends the exchange of a client that says it has no password.
func (s *Server) judgeEmpty() ([]byte, bool, error) {
	return s.judge(s.cfg.Password.kind == emptyPassword, nil, ClearCredential(""))
}

// isEmptyAnswer recognises how clients say that they have no password: no data, or (libmysqlclient's
// caching_sha2_password) a lone NUL.
func isEmptyAnswer(data []byte) bool {
	return len(data) == 0 || len(data) == 1 && data[0] == 0
}

// explain names the plugin that the client began with when its answer to a switch makes no sense: most likely the client
// does not have the plugin that it was asked for.
func (s *Server) explain(err error) error {
	var malformed *MalformedError
	if s.switched && s.plugin != s.cfg.Plugin && errors.As(err, &malformed) {
		return &UnsupportedPluginError{Plugin: s.cfg.Plugin,
			Reason: fmt.Sprintf("the client was asked for %s instead and did not comply (%s)", s.plugin, malformed.Reason)}
	}
	return err
}

// Abandoned says, for the log, what a client left unanswered when it hung up before the exchange ended; nil when it is not
// known to have left because of what it was asked for.
func (s *Server) Abandoned() error {
	if s.state != serverVerifying {
		return nil
	}
	if s.switched && s.plugin != s.cfg.Plugin {
		return &UnsupportedPluginError{Plugin: s.cfg.Plugin,
			Reason: fmt.Sprintf("the client hung up when asked for %s instead", s.plugin)}
	}
	reason := "the client hung up when asked for its password"
	if !s.cfg.Secure {
		reason += ", which MySQL's clients send only if told to encrypt it (mysql --get-server-public-key)"
	}
	return &UnsupportedPluginError{Plugin: s.plugin, Reason: reason}
}

// Plugin is the plugin in use: the client's until it was switched.
func (s *Server) Plugin() string { return s.plugin }

// Credential is what is known of the password after the client logged in: for the login to a backend, and for
// ServerConfig.Learned of later logins. The zero value before.
func (s *Server) Credential() Credential { return s.credential }
