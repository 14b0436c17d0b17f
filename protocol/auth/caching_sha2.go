package auth

import (
	"crypto/sha256"
	"crypto/subtle"

	"parkway/protocol"
)

// caching_sha2_password (sha2_password.cc in MySQL). The client answers the nonce with
//
//	SHA256(password) XOR SHA256(SHA256(SHA256(password)) + nonce)
//
// Who knows SHA256(SHA256(password)) checks that at once (fast authentication). Who knows only a hash made otherwise asks
// for the password itself (full authentication): as clear text over a secure transport, else encrypted with the server's
// RSA key, which the client asks for if it does not have it.

const sha2Len = sha256.Size

// Payloads after the first answer. The server's carry the header of "more data".
var (
	fastAuthSuccess  = []byte{protocol.AuthMoreDataHeader, 3}
	fullAuth         = []byte{protocol.AuthMoreDataHeader, 4}
	publicKeyRequest = []byte{2}
)

func isCachingSHA2Answer(data []byte) bool { return len(data) == sha2Len }

// verifyCachingSHA2 reports, in constant time, whether answer was made from the password with this digest.
func verifyCachingSHA2(answer []byte, nonce [NonceLen]byte, digest [sha2Len]byte) bool {
	inner := maskCachingSHA2([sha2Len]byte(answer), nonce[:], digest)
	made := sha256.Sum256(inner[:])
	return subtle.ConstantTimeCompare(made[:], digest[:]) == 1
}

// maskCachingSHA2 turns SHA256(password) into the answer and the answer into SHA256(password).
func maskCachingSHA2(b [sha2Len]byte, nonce []byte, digest [sha2Len]byte) [sha2Len]byte {
	h := sha256.New()
	h.Write(digest[:])
	h.Write(nonce)
	subtle.XORBytes(b[:], b[:], h.Sum(nil))
	return b
}
