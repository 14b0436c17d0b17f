package auth

import (
	"bytes"

	"parkway/protocol"
)

func cachingSHA2Obstacle(cfg *ServerConfig) string {
	switch {
	case cfg.Password.kind != nativeHash, cfg.Secure:
		return ""
	case !cfg.LacksNative:
		// An encrypted password would do, but many clients refuse to ask for the key unless told to.
		return "only a mysql_native_password hash of the password is known"
	case cfg.Keys == nil:
		return "only a mysql_native_password hash of the password is known and the connection is not secure"
	}
	return ""
}

type cachingSHA2Verifier struct {
	s     *Server
	state cachingSHA2State
}

type cachingSHA2State byte

const (
	cachingSHA2Answer    cachingSHA2State = iota // waiting for the answer to the nonce
	cachingSHA2Password                          // waiting for the password, or for the request for the key
	cachingSHA2Encrypted                         // waiting for the password encrypted with the key that was sent
)

func newCachingSHA2Verifier(s *Server) verifier { return &cachingSHA2Verifier{s: s} }

func (v *cachingSHA2Verifier) step(in []byte) (out []byte, done bool, err error) {
	switch {
	case v.state == cachingSHA2Answer:
		return v.fast(in)
	case v.state == cachingSHA2Password && bytes.Equal(in, publicKeyRequest) && v.s.cfg.Keys != nil:
		// Some clients ask over unix sockets too. A clear password of this one byte would end with NUL.
		key, err := v.s.cfg.Keys.publicPEM()
		if err != nil {
			return nil, false, &UnsupportedPluginError{Plugin: CachingSHA2Password, Reason: err.Error()}
		}
		v.state = cachingSHA2Encrypted
		return append([]byte{protocol.AuthMoreDataHeader}, key...), false, nil
	case v.state == cachingSHA2Password && v.s.cfg.Secure:
		return judgeClear(v.s, in)
	default:
		return v.encrypted(in)
	}
}

// fast checks the answer to the nonce. With only a native hash known a wrong answer is no proof: the password is asked for.
func (v *cachingSHA2Verifier) fast(in []byte) (out []byte, done bool, err error) {
	switch {
	case isEmptyAnswer(in):
		return v.s.judgeEmpty()
	case !isCachingSHA2Answer(in):
		return nil, false, v.malformed("the answer is not 32 bytes long")
	}
	match := verifyCachingSHA2(in, v.s.nonce, v.s.sha2Digest())
	if v.s.cfg.Password.kind == nativeHash && !(match && v.s.cfg.Known) {
		v.state = cachingSHA2Password
		return fullAuth, false, nil
	}
	return v.s.judge(match, fastAuthSuccess, Credential{})
}

// encrypted takes the password encrypted with the public key, which a client may have had without asking.
func (v *cachingSHA2Verifier) encrypted(in []byte) (out []byte, done bool, err error) {
	keys := v.s.cfg.Keys
	if keys == nil || len(in) != cipherLen {
		return nil, false, v.malformed("the encrypted password does not have the length of the key")
	}
	plain, err := keys.decryptPassword(in, v.s.nonce[:])
	if err != nil {
		return nil, false, ErrDenied
	}
	return judgeClear(v.s, plain)
}

func (v *cachingSHA2Verifier) malformed(reason string) error {
	return &MalformedError{Plugin: CachingSHA2Password, Reason: reason}
}
