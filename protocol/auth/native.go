package auth

import (
	"crypto/sha1"
	"crypto/subtle"
)

// mysql_native_password. The server stores stage2 = SHA1(SHA1(password)); the client answers
//
//	SHA1(password) XOR SHA1(nonce + stage2)
//
// from which who knows stage2 learns SHA1(password): enough to give the same kind of answer to another server.

func nativeObstacle(cfg *ServerConfig) string {
	if cfg.LacksNative {
		return "this client does not have it"
	}
	return ""
}

func isNativeAnswer(data []byte) bool { return len(data) == sha1.Size }

type nativeVerifier struct{ s *Server }

func newNativeVerifier(s *Server) verifier { return nativeVerifier{s} }

func (v nativeVerifier) step(in []byte) (out []byte, done bool, err error) {
	switch {
	case isEmptyAnswer(in):
		return v.s.judgeEmpty()
	case !isNativeAnswer(in):
		return nil, false, &MalformedError{Plugin: NativePassword, Reason: "the answer is not 20 bytes long"}
	}
	stage2 := v.s.cfg.Password.stage2
	stage1 := maskNative([sha1.Size]byte(in), v.s.nonce[:], stage2)
	revealed := sha1Credential(stage1)
	return v.s.judge(revealed.opens(stage2), nil, revealed)
}

// maskNative turns SHA1(password) into the answer and the answer into SHA1(password).
func maskNative(b [sha1.Size]byte, nonce []byte, stage2 [sha1.Size]byte) [sha1.Size]byte {
	h := sha1.New()
	h.Write(nonce)
	h.Write(stage2[:])
	subtle.XORBytes(b[:], b[:], h.Sum(nil))
	return b
}

type nativeAnswerer struct{}

func newNativeAnswerer() answerer { return nativeAnswerer{} }

func (nativeAnswerer) first(c *Client, data []byte) (out []byte, done bool, err error) {
	nonce, ok := challenge(data)
	if !ok {
		return nil, false, &MalformedError{Plugin: NativePassword, Reason: "the nonce is not 20 bytes long"}
	}
	if c.cfg.Credential.empty() {
		return []byte{}, true, nil
	}
	stage1 := c.cfg.Credential.stage1
	answer := maskNative(stage1, nonce, sha1.Sum(stage1[:]))
	return answer[:], true, nil
}

func (nativeAnswerer) more(*Client, []byte) (out []byte, done bool, err error) {
	return nil, false, &MalformedError{Plugin: NativePassword, Reason: "the server sent more data"}
}
