package auth

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

const (
	keyBits   = 2048        // as mysqld generates
	cipherLen = keyBits / 8 // of everything encrypted with the public key
)

// KeyPair lets clients without TLS send their password encrypted in caching_sha2_password's full exchange. It is generated when the first of them needs
// it, which takes a large part of a second (see Server.Slow): at most proxies none ever does. The zero value is ready for use, by any thread.
type KeyPair struct {
	once  sync.Once
	known atomic.Bool // once is over

	// Written by once.
	private *rsa.PrivateKey
	public  []byte // PEM
	err     error
}

// generate makes the keys, if nobody has yet, and waits for that.
func (k *KeyPair) generate() error {
	k.once.Do(func() {
		k.err = k.make()
		k.known.Store(true)
	})
	return k.err
}

func (k *KeyPair) make() error {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return fmt.Errorf("generate RSA key: %w", err)
	}
	return k.take(private)
}

// take makes private the key of the pair.
func (k *KeyPair) take(private *rsa.PrivateKey) error {
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		return fmt.Errorf("encode RSA public key: %w", err)
	}
	k.private, k.public = private, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return nil
}

// publicPEM returns the public key as clients expect it. The caller must not change it.
func (k *KeyPair) publicPEM() ([]byte, error) {
	err := k.generate()
	return k.public, err
}

// decryptPassword undoes encryptPassword; the result still ends with NUL. The nonce must not be empty.
func (k *KeyPair) decryptPassword(encrypted, nonce []byte) ([]byte, error) {
	if err := k.generate(); err != nil {
		return nil, err
	}
	plain, err := rsa.DecryptOAEP(sha1.New(), nil, k.private, encrypted, nil)
	if err != nil {
		return nil, err
	}
	xorRepeated(plain, nonce)
	return plain, nil
}

// encryptPassword is what a client sends instead of the clear password: the password and a NUL, XORed with the repeated
// nonce, encrypted with RSA-OAEP over SHA-1 (sha2_password.cc in MySQL). The nonce must not be empty.
func encryptPassword(password string, nonce []byte, key *rsa.PublicKey) ([]byte, error) {
	plain := append([]byte(password), 0)
	xorRepeated(plain, nonce)
	encrypted, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, key, plain, nil)
	if err != nil {
		return nil, fmt.Errorf("encrypt password for the server: %w", err)
	}
	return encrypted, nil
}

// parsePublicKey reads the PEM that a server sends as its public key.
func parsePublicKey(text []byte) (*rsa.PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no PEM block")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("not an RSA key but %T", parsed)
	}
	return key, nil
}

func xorRepeated(b, pattern []byte) {
	for i := range b {
		b[i] ^= pattern[i%len(pattern)]
	}
}
