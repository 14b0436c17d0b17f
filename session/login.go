package session

import (
	"errors"
	"fmt"
	"runtime/debug"

	"parkway/config"
	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/reactor"
	"parkway/scripting/hook"
	"parkway/session/users"
)

// maxLoginPacket bounds what a client may send before it is logged in: its
// connection attributes are the largest part, 64 KiB at most.
const maxLoginPacket = 128 << 10

// A login that is not whole yet is kept in memory, for strangers too. Above
// smallLogin bytes, which no common client needs, only so many of one worker's
// are kept at a time.
const (
	smallLogin     = 2 << 10
	maxLargeLogins = 32
)

// supported are the capabilities that the proxy carries from end to end, and
// offers if all servers have them. Not among them, because the proxy itself
// would have to do its part: TLS, compression, optional metadata, and MariaDB's
// metadata cache.
const supported = protocol.ClientLongPassword | protocol.ClientFoundRows | protocol.ClientLongFlag |
	protocol.ClientConnectWithDB | protocol.ClientNoSchema | protocol.ClientODBC |
	protocol.ClientLocalFiles | protocol.ClientIgnoreSpace | protocol.ClientProtocol41 |
	protocol.ClientInteractive | protocol.ClientTransactions | protocol.ClientSecureConnection |
	protocol.ClientMultiStatements | protocol.ClientMultiResults | protocol.ClientPSMultiResults |
	protocol.ClientPluginAuth | protocol.ClientConnectAttrs | protocol.ClientPluginAuthLenencData |
	protocol.ClientSessionTrack | protocol.ClientDeprecateEOF | protocol.ClientQueryAttributes |
	protocol.MariaDBProgress | protocol.MariaDBStmtBulk | protocol.MariaDBExtendedMetadata

// offered are capabilities of the proxy itself, whatever the servers have.
const offered = protocol.ClientProtocol41 | protocol.ClientSecureConnection | protocol.ClientPluginAuth |
	protocol.ClientConnectAttrs | protocol.ClientPluginAuthLenencData | protocol.ClientConnectWithDB |
	protocol.ClientTransactions

// login is what a session needs only while its client logs in, at the
// beginning or by COM_CHANGE_USER.
type login struct {
	seq        byte                // of the next packet, from either side
	offered    protocol.Capability // in the greeting
	again      bool                // COM_CHANGE_USER
	plugin     string              // named in the greeting
	user       *users.User         // nil: unknown
	name       string
	attributes []protocol.Attribute
	password   bool // the client's last packet has one
	charset    byte
	schema     string
	server     *auth.Server
	large      bool          // counted in worker.largeLogins
	refused    *protocol.ERR // barred: the answer
	until      int64         // barred: loop time at which it is due
}

// greet sends the greeting. The arrival has begun.
func (s *Session) greet() {
	p := s.worker.proxy
	g := p.hostgroups.Greeting()
	set := p.settings.Load()
	charset, _ := config.CharsetID(set.DefaultCharset)
	s.nonce = auth.NewNonce()
	h := protocol.Handshake{
		ServerVersion: g.Version,
		ConnectionID:  s.id,
		Nonce:         s.nonce,
		Capabilities:  g.Capabilities&supported | offered,
		Charset:       charset,
		Status:        protocol.StatusAutocommit,
		AuthPlugin:    g.AuthPlugin,
	}
	if set.ServerVersion != "" {
		h.ServerVersion = set.ServerVersion
	}
	if h.AuthPlugin != auth.CachingSHA2Password {
		h.AuthPlugin = auth.NativePassword
	}
	s.login.seq, s.login.offered, s.login.plugin = 1, h.Capabilities, h.AuthPlugin
	s.write(0, h.Append)
	s.watch()
}

// turnAway refuses a client in place of a greeting.
func (s *Session) turnAway(reason *protocol.ERR) {
	s.worker.metrics.SessionRefused()
	s.worker.proxy.noise.Warn().Str("client", s.conn.RemoteString()).Err(reason).Msg("client refused")
	// A client that has not said yet that it speaks protocol 4.1 reads no SQLSTATE.
	s.fatal(0, &protocol.ERR{Code: reason.Code, Message: reason.Message})
}

// nextLoginPacket frames the packet of the login that p begins with. Without
// ok it is not whole yet, or the session has ended, and n bytes are used up.
func (s *Session) nextLoginPacket(p []byte) (payload []byte, n int, ok bool) {
	s.message.Start(s.login.seq, maxLoginPacket)
	n, whole, err := s.message.Feed(p)
	if err == nil && !whole && n > 0 {
		err = fmt.Errorf("a packet of %d bytes is none of a login", s.message.Size())
	}
	if err != nil {
		s.badLogin(protocol.NewERR(protocol.ErrCodeHandshake, "parkway: Bad handshake: %v", err))
		return nil, len(p), false
	}
	if !whole {
		if s.beginLarge(len(p)) {
			return nil, 0, false
		}
		s.badLogin(protocol.NewERR(protocol.ErrCodeHandshake, "parkway: Bad handshake: more than %d large logins at once", maxLargeLogins))
		return nil, len(p), false
	}
	s.endLarge()
	s.login.seq = s.message.NextSeq()
	return p[protocol.HeaderLen:n], n, true
}

// beginLarge counts a login of which n bytes are kept among the worker's large
// ones, if it is one, and reports whether there is room for it.
func (s *Session) beginLarge(n int) (ok bool) {
	w := s.worker
	if n <= smallLogin || s.login.large {
		return true
	}
	if w.largeLogins == maxLargeLogins {
		return false
	}
	s.login.large = true
	w.largeLogins++
	return true
}

// endLarge undoes beginLarge.
func (s *Session) endLarge() {
	if l := s.login; l != nil && l.large {
		l.large = false
		s.worker.largeLogins--
	}
}

// badLogin turns down a login for what the client sent.
func (s *Session) badLogin(reason *protocol.ERR) {
	s.worker.metrics.SessionAborted()
	s.worker.proxy.noise.Info().Uint32("session", s.id).Str("client", s.conn.RemoteString()).Err(reason).Msg("login refused")
	s.fatal(s.login.seq, reason)
}

// onHandshakeResponse takes the client's answer to the greeting.
func (s *Session) onHandshakeResponse(p []byte) int {
	payload, n, ok := s.nextLoginPacket(p)
	if !ok {
		return n
	}
	l := s.login
	var r protocol.HandshakeResponse
	switch err := r.Decode(payload); {
	case errors.Is(err, protocol.ErrSSLRequest):
		s.badLogin(protocol.NewERR(protocol.ErrCodeHandshake, "parkway: TLS was not offered and is not supported: connect without it"))
		return n
	case errors.Is(err, protocol.ErrPre41):
		s.badLogin(&protocol.ERR{Code: protocol.ErrCodeNotSupportedAuth, Message: "parkway: Client does not support the protocol of MySQL 4.1 and later"})
		return n
	case err != nil:
		s.badLogin(protocol.NewERR(protocol.ErrCodeHandshake, "parkway: Bad handshake: %v", err))
		return n
	}
	if beyond := r.Capabilities & (protocol.ClientCompress | protocol.ClientZstdCompression); beyond != 0 {
		s.badLogin(protocol.NewERR(protocol.ErrCodeHandshake, "parkway: %s was not offered and is not supported", beyond))
		return n
	}
	s.caps = r.Capabilities & l.offered
	l.charset, l.schema = r.Charset, r.Database
	s.identify(r.User, r.AuthData, r.AuthPlugin, r.Attributes)
	return n
}

// identify begins to verify who the client says it is.
func (s *Session) identify(name string, data []byte, plugin string, attributes []protocol.Attribute) {
	l, p := s.login, s.worker.proxy
	l.name, l.password, l.attributes = name, tellsPassword(data), attributes
	table := p.users.Load()
	cfg := auth.ServerConfig{
		Nonce:         s.nonce,
		Secure:        s.conn.IsUnix(),
		Keys:          p.keys,
		Plugin:        plugin,
		LacksNative:   auth.LacksNative(attributes),
		DefaultPlugin: l.plugin,
		ChangeUser:    l.again,
		NewNonce: func() [auth.NonceLen]byte {
			s.nonce = auth.NewNonce()
			return s.nonce
		},
	}
	if user, known := table.Find(name); known {
		l.user = user
		cfg.Known, cfg.Password, cfg.Learned = true, user.Password, user.Learned
	} else {
		cfg.Password = table.Decoy(name)
	}
	l.server = auth.NewServer(cfg)
	s.setState(authing)
	s.watch()
	s.authStep(data)
}

// onAuth takes one more packet of the authentication.
func (s *Session) onAuth(p []byte) int {
	payload, n, ok := s.nextLoginPacket(p)
	if !ok {
		return n
	}
	s.login.password = tellsPassword(payload)
	s.authStep(payload)
	return n
}

// authStep lets the authentication see what the client sent.
func (s *Session) authStep(in []byte) {
	server := s.login.server
	if !server.Slow(in) {
		s.authResult(server.Step(in))
		return
	}
	s.setState(verifying)
	in = append([]byte(nil), in...)
	s.worker.proxy.decrypting.run(func() {
		out, done, err := guardedStep(server, in)
		s.worker.loop.Post(func() {
			s.conn.Guard(func() { s.verified(out, done, err) })
		})
	})
}

// verified goes on with a login whose step was carried out on another thread.
func (s *Session) verified(out []byte, done bool, err error) {
	if s.state == verifying {
		s.setState(authing)
		s.authResult(out, done, err)
		s.conn.ResumeRead()
	}
}

// guardedStep is server.Step for a thread on which no loop catches a panic.
func guardedStep(server *auth.Server, in []byte) (out []byte, done bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &reactor.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return server.Step(in)
}

// authResult acts on what the authentication said.
func (s *Session) authResult(out []byte, done bool, err error) {
	l := s.login
	var unsupported *auth.UnsupportedPluginError
	var panicked *reactor.PanicError
	switch {
	case errors.As(err, &panicked):
		s.worker.proxy.log.Error().Err(err).Bytes("stack", panicked.Stack).Uint32("session", s.id).Msg("login panicked")
		s.drop(err)
		return
	case errors.As(err, &unsupported):
		s.refuseLogin(protocol.NewERR(protocol.ErrCodeNotSupportedAuth, "parkway: %v", err))
		return
	case err != nil:
		s.refuseLogin(s.denied())
		return
	}
	if out != nil {
		s.write(l.seq, func(b []byte) []byte { return append(b, out...) })
		l.seq++
	}
	if done {
		s.admit()
	}
}

// denied is the answer to a wrong name and to a wrong password alike, in the
// words of a server, which cuts names too.
func (s *Session) denied() *protocol.ERR {
	using := "NO"
	if s.login.password {
		using = "YES"
	}
	return protocol.NewERR(protocol.ErrCodeAccessDenied,
		"parkway: Access denied for user '%.128s'@'%s' (using password: %s)", s.login.name, s.clientHost(), using)
}

// tellsPassword reports whether a client that sent data has a password. For
// none, clients send nothing or an empty string with its end.
func tellsPassword(data []byte) bool { return len(data) > 0 && (len(data) > 1 || data[0] != 0) }

// clientHost is the client's address as account names have it.
func (s *Session) clientHost() string {
	if s.conn.IsUnix() {
		return "localhost"
	}
	return s.conn.Remote().Addr().String()
}

// welcome ends a login that went well; v is what the script says of it, nil: nothing.
func (s *Session) welcome(v *hook.AuthVerdict) {
	l := s.login
	as, password, refused := s.accountOf(v)
	if refused != nil {
		s.refuseLogin(refused)
		return
	}
	switch {
	case v != nil && v.HasSchema:
		l.schema = v.Schema
	case l.schema == "":
		l.schema = l.user.DefaultSchema
	}
	// COM_CHANGE_USER: nothing of the old user remains. Its place comes first, because the new user may be the same.
	s.logout()
	s.release()
	s.releaseAsides()
	if !l.user.Enter() {
		s.badLogin(protocol.NewERR(protocol.ErrCodeUserLimit,
			"parkway: User '%s' has exceeded the 'max_connections' resource (current value: %d)", l.name, l.user.MaxConnections))
		return
	}
	s.user = l.user
	s.credential = l.server.Credential()
	s.user.Learn(s.credential)
	if s.as = as; as.name != "" {
		s.credential = password
	}
	s.charset = l.charset
	if l.again {
		s.forgetIgnoreSpace()
	}
	s.beginState(l.schema)
	s.status = protocol.StatusAutocommit
	if s.arriving() {
		s.worker.endArrival()
	}
	s.login = nil
	s.setState(ready)
	s.since = s.worker.loop.Now()
	s.writeOK(l.seq)
	s.settle()
	if st := s.stay; st != nil {
		st.attributes = l.attributes
		if !st.admitted { // the login is no command
			st.admitted, st.queries = true, 0
		}
	}
}
