package sysvar

// Overlay is base with what s says put over it: the state of a session on a connection that began with base, because
// something had been set there before the session came. A variable that s does not have keeps base's value.
func (in *Interner) Overlay(base, s State) State {
	vars, userVars := base.Vars, base.UserVars
	for _, p := range s.Vars.pairs {
		vars = in.With(vars, []byte(p.name), []byte(p.value))
	}
	for _, p := range s.UserVars.pairs {
		userVars = in.put(userVars, []byte(p.name), []byte(p.value))
	}
	return State{Vars: vars, UserVars: userVars}
}
