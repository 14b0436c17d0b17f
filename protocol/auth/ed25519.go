package auth

import (
	"crypto/sha512"

	"filippo.io/edwards25519"
)

// client_ed25519, MariaDB's auth_ed25519: an Ed25519 signature of the nonce (RFC 8032, 5.1.6) whose expanded secret key is
// SHA512(password) itself. The ed25519 of the standard library starts from a seed that it hashes, 32 bytes long, so it
// cannot be used.

const ed25519NonceLen = 32

type ed25519Answerer struct{}

func newEd25519Answerer() answerer { return ed25519Answerer{} }

func (ed25519Answerer) first(c *Client, data []byte) (out []byte, done bool, err error) {
	if len(data) != ed25519NonceLen {
		return nil, false, &MalformedError{Plugin: ClientEd25519, Reason: "the nonce is not 32 bytes long"}
	}
	signature, err := signEd25519(c.cfg.Credential.clear, data)
	return signature, err == nil, err
}

func (ed25519Answerer) more(*Client, []byte) (out []byte, done bool, err error) {
	return nil, false, &MalformedError{Plugin: ClientEd25519, Reason: "the server sent more data"}
}

// signEd25519 signs with SHA512(password) as expanded secret: its first half, clamped, is the scalar a of RFC 8032, its
// second half the prefix.
func signEd25519(password string, message []byte) ([]byte, error) {
	secret := sha512.Sum512([]byte(password))
	a, err := edwards25519.NewScalar().SetBytesWithClamping(secret[:32])
	if err != nil {
		return nil, err
	}
	public := new(edwards25519.Point).ScalarBaseMult(a).Bytes()

	r, err := hashToScalar(secret[32:], message)
	if err != nil {
		return nil, err
	}
	commitment := new(edwards25519.Point).ScalarBaseMult(r).Bytes()

	k, err := hashToScalar(commitment, public, message)
	if err != nil {
		return nil, err
	}
	s := edwards25519.NewScalar().MultiplyAdd(k, a, r)
	return append(commitment, s.Bytes()...), nil
}

func hashToScalar(parts ...[]byte) (*edwards25519.Scalar, error) {
	h := sha512.New()
	for _, p := range parts {
		h.Write(p)
	}
	return edwards25519.NewScalar().SetUniformBytes(h.Sum(nil))
}
