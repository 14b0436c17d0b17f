package auth

import (
	"bytes"
	"crypto/sha256"
)

// cachingSHA2Answerer is the client's half.
type cachingSHA2Answerer struct {
	nonce    []byte
	keyAsked bool
}

func newCachingSHA2Answerer() answerer { return &cachingSHA2Answerer{} }

func (a *cachingSHA2Answerer) first(c *Client, data []byte) (out []byte, done bool, err error) {
	nonce, ok := challenge(data)
	if !ok {
		return nil, false, a.malformed("the nonce is not 20 bytes long")
	}
	if c.cfg.Credential.empty() {
		return []byte{0}, true, nil // what libmysqlclient sends; an empty packet would do for all servers that are known
	}
	a.nonce = bytes.Clone(nonce)
	inner := sha256.Sum256([]byte(c.cfg.Credential.clear))
	answer := maskCachingSHA2(inner, nonce, sha256.Sum256(inner[:]))
	return answer[:], false, nil
}

func (a *cachingSHA2Answerer) more(c *Client, in []byte) (out []byte, done bool, err error) {
	switch {
	case a.nonce == nil:
		return nil, false, a.malformed("the server sent more data for an empty password")
	case a.keyAsked:
		key, err := parsePublicKey(in)
		if err != nil {
			return nil, false, a.malformed("the server's public key: " + err.Error())
		}
		out, err = encryptPassword(c.cfg.Credential.clear, a.nonce, key)
		a.nonce, a.keyAsked = nil, false
		return out, true, err
	case bytes.Equal(in, fastAuthSuccess[1:]):
		return nil, true, nil
	case !bytes.Equal(in, fullAuth[1:]):
		return nil, false, a.malformed("neither success nor a request for the password")
	case c.cfg.Secure:
		return append([]byte(c.cfg.Credential.clear), 0), true, nil
	default:
		a.keyAsked = true
		return publicKeyRequest, false, nil
	}
}

func (a *cachingSHA2Answerer) malformed(reason string) error {
	return &MalformedError{Plugin: CachingSHA2Password, Reason: reason}
}
