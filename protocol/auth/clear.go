package auth

import "bytes"

// mysql_clear_password: the password itself, ended by NUL. Only over a secure transport.

// maxClearPassword bounds the work of hashing what a client calls its password.
const maxClearPassword = 4096

func clearObstacle(cfg *ServerConfig) string {
	if !cfg.Secure {
		return "it would send the password in clear over a connection that is not secure"
	}
	return ""
}

func isClearAnswer(data []byte) bool { return len(data) > 1 && data[len(data)-1] == 0 }

type clearVerifier struct{ s *Server }

func newClearVerifier(s *Server) verifier { return clearVerifier{s} }

func (v clearVerifier) step(in []byte) (out []byte, done bool, err error) {
	return judgeClear(v.s, in)
}

// judgeClear ends an exchange in which the client told its password. in ends with the NUL that comes with it on the wire;
// clients that leave it out are understood.
func judgeClear(s *Server, in []byte) (out []byte, done bool, err error) {
	password := bytes.TrimSuffix(in, []byte{0})
	switch {
	case len(password) == 0:
		return s.judgeEmpty()
	case len(password) > maxClearPassword:
		return nil, false, ErrDenied
	}
	revealed := ClearCredential(string(password))
	return s.judge(revealed.opens(s.cfg.Password.stage2), nil, revealed)
}

type clearAnswerer struct{}

func newClearAnswerer() answerer { return clearAnswerer{} }

func (clearAnswerer) first(c *Client, _ []byte) (out []byte, done bool, err error) {
	return append([]byte(c.cfg.Credential.clear), 0), true, nil
}

func (clearAnswerer) more(*Client, []byte) (out []byte, done bool, err error) {
	return nil, false, &MalformedError{Plugin: ClearPassword, Reason: "the server sent more data"}
}
