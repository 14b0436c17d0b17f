package session

import (
	"parkway/hostgroup/backend"
	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/scripting/hook"
)

// What a script says of clients that come and go: onConnect before the greeting, onAuth behind the password, onDisconnect at the end.

// defines reports whether there is a script with such a function.
func (w *worker) defines(k hook.Kind) bool { return w.script != nil && w.script.Defines(k) }

// scripted reports whether there is a script that does anything.
func (w *worker) scripted() bool {
	if w.script != nil {
		for k := range hook.Kinds {
			if w.script.Defines(k) {
				return true
			}
		}
	}
	return false
}

// introduce asks the script about a client that has come, and greets it if that has no objection.
func (s *Session) introduce() {
	if !s.worker.defines(hook.OnConnect) {
		s.greet()
		return
	}
	v, pending := s.worker.script.Connect((*asking)(s), (*asking)(s))
	if pending == nil {
		s.introduced(v)
		return
	}
	s.scriptOf().pending = pending
	s.setState(knocking)
	s.watch()
}

// ConnectAnswered takes the script's word on the client.
func (a *asking) ConnectAnswered(v *hook.ConnectVerdict) {
	s := (*Session)(a)
	s.conn.Guard(func() {
		s.script.pending = nil
		s.setState(greeted)
		s.introduced(v)
		s.conn.ResumeRead()
	})
}

// introduced goes on with a client that the script was asked about.
func (s *Session) introduced(v *hook.ConnectVerdict) {
	if v.Reject != nil {
		s.turnAway(rejection(v.Reject))
		return
	}
	s.greet()
}

// admit asks the script about a login that went well, and welcomes the client if that has no objection.
func (s *Session) admit() {
	if !s.worker.defines(hook.OnAuth) {
		s.welcome(nil)
		return
	}
	l := s.login
	ask := &hook.Auth{User: l.name, Plugin: l.server.Plugin(), Schema: l.schema}
	v, pending := s.worker.script.Auth((*asking)(s), ask, (*asking)(s))
	if pending == nil {
		s.welcome(v)
		return
	}
	s.scriptOf().pending = pending
	s.setState(vetting)
	s.conn.PauseRead()
	s.watch()
}

// AuthAnswered takes the script's word on the login.
func (a *asking) AuthAnswered(v *hook.AuthVerdict) {
	s := (*Session)(a)
	s.conn.Guard(func() {
		s.script.pending = nil
		s.setState(authing)
		s.welcome(v)
		s.conn.ResumeRead()
	})
}

// account is who a session is at servers, and where its statements go by default, if the script has said so of its login. The zero value is its user.
type account struct {
	name     string
	owner    any // of the login, as backend.Login has it
	diverted bool
	group    int // if diverted
}

// trusted is the owner of logins that only the script knows the password of: they hold for as long as servers accept them.
type trusted struct{}

// accountOf is who the session is at servers as v says (nil: nothing), and its password there, if that is another one.
// refused is why the client is not let in.
func (s *Session) accountOf(v *hook.AuthVerdict) (a account, password auth.Credential, refused *protocol.ERR) {
	switch {
	case v == nil:
		return a, password, nil
	case v.Reject != nil:
		return a, password, rejection(v.Reject)
	}
	if v.Hostgroup != hook.Unset {
		a.diverted, a.group = true, v.Hostgroup
	}
	switch {
	case v.BackendUser == "" && !v.HasPassword:
		return a, password, nil
	case v.HasPassword:
		a.name, a.owner = v.BackendUser, trusted{}
		if a.name == "" {
			a.name = s.login.name
		}
		return a, auth.ClearCredential(v.BackendPassword), nil
	}
	user, known := s.worker.proxy.users.Load().Find(v.BackendUser)
	if !known {
		return a, password, protocol.NewERR(protocol.ErrCodeAccessDenied,
			"parkway: the script makes user '%s' one '%s' at the servers, which is not configured", s.login.name, v.BackendUser)
	}
	a.name, a.owner = user.Name, user
	password, _ = user.Learned()
	if !password.Known() {
		password = user.Password.Credential()
	}
	return a, password, nil
}

// backendAccount is who the session logs in as.
func (s *Session) backendAccount() (name string, owner any) {
	if s.as.name != "" {
		return s.as.name, s.as.owner
	}
	return s.user.Name, s.user
}

// defaultHostgroup is where statements go of which nobody says anything.
func (s *Session) defaultHostgroup() int {
	if s.as.diverted {
		return s.as.group
	}
	return s.user.DefaultHostgroup
}

// holdsTrusted reports whether a login is one that the script alone knows.
func holdsTrusted(l *backend.Login) bool {
	_, ok := l.Account.(trusted)
	return ok
}
