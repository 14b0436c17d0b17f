package rules

import "time"

// Input is what the rules look at.
type Input struct {
	Digest uint64 // of the statement; 0 = not known: no rule that names a digest matches
	User   string
	Schema string
	// ClientAddr is the client's IP address, "localhost" for a unix socket. Every client_addr matches an empty one.
	ClientAddr string
	Hostgroup  int // where the statement goes if no rule says otherwise

	SQL []byte // the statement
	// DigestText gives the digest text of a statement. It is called only for rules with match_digest whose outcome isn't known
	// yet, at most once for each statement, and not kept.
	DigestText func(sql []byte) []byte
}

// Outcome is what the rules say of a statement, and why.
type Outcome struct {
	Hostgroup int // Input.Hostgroup unless a rule says otherwise
	Timeout   time.Duration
	Retries   int
	Delay     time.Duration
	Multiplex int
	Log       int
	// OKMsg, if it is not empty, is the info of an OK packet that answers the statement; else ErrorMsg, if it is not empty, the
	// message of an error, which has ErrorCode and ErrorState. Nothing is sent to a server in both cases.
	OKMsg    string
	ErrorMsg string
	Rules    []int // the ids of those that matched
	flag     int   // at the end
}

// What a client reads that a rule refuses.
const (
	ErrorCode  uint16 = 1148 // ER_NOT_ALLOWED_COMMAND
	ErrorState        = "42000"
)

// Decide tries all rules. It is a pure function; Cache.Decide gives the same, faster.
func (p *Program) Decide(in *Input) Outcome {
	var t trial
	t.begin(in)
	t.walk(p)
	return t.out
}

// trial is one walk over the rules.
type trial struct {
	in    *Input
	out   Outcome
	text  []byte // the digest text
	asked bool   // for it
}

// begin starts a walk; the outcome's list of rules is used again.
func (t *trial) begin(in *Input) {
	*t = trial{in: in, out: Outcome{
		Hostgroup: in.Hostgroup, Timeout: Unset, Retries: Unset, Delay: Unset, Multiplex: Unset, Log: Unset,
		Rules: t.out.Rules[:0],
	}}
}

// walk tries all rules.
func (t *trial) walk(p *Program) {
	for i := range p.rules {
		if r := &p.rules[i]; r.FlagIN == t.out.flag && t.static(r) && t.dynamic(r) && t.match(r) {
			return
		}
	}
}

// static reports whether those conditions of a rule are met, but for its flag, that depend on digest, user and schema.
func (t *trial) static(r *compiled) bool {
	in := t.in
	switch {
	case r.Username != "" && r.Username != in.User,
		r.Schemaname != "" && r.Schemaname != in.Schema,
		r.digest != 0 && r.digest != in.Digest:
		return false
	case r.matchDigest == nil:
		return true
	}
	if !t.asked {
		t.asked = true
		t.text = in.DigestText(in.SQL)
	}
	return r.matchDigest.Match(t.text) != r.NegateMatchPattern
}

// isDynamic reports whether a rule has further conditions.
func (r *compiled) isDynamic() bool { return r.pattern != nil || r.ClientAddr != "" }

// dynamic reports whether those further conditions are met.
func (t *trial) dynamic(r *compiled) bool {
	if addr := t.in.ClientAddr; r.ClientAddr != "" && addr != "" {
		if r.addrWild && (len(addr) < len(r.addrPrefix) || addr[:len(r.addrPrefix)] != r.addrPrefix) || !r.addrWild && addr != r.ClientAddr {
			return false
		}
	}
	return r.pattern == nil || r.pattern.Match(t.in.SQL) != r.NegateMatchPattern
}

// match does what a rule that matches says. last: no further rule is tried.
func (t *trial) match(r *compiled) (last bool) {
	o := &t.out
	o.Rules = append(o.Rules, r.RuleID)
	set(&o.flag, r.FlagOUT)
	set(&o.Timeout, r.Timeout)
	set(&o.Retries, r.Retries)
	set(&o.Delay, r.Delay)
	set(&o.Multiplex, r.Multiplex)
	set(&o.Log, r.Log)
	set(&o.Hostgroup, r.DestinationHostgroup)
	if r.ErrorMsg != "" {
		o.ErrorMsg = r.ErrorMsg
	}
	if r.OKMsg != "" {
		o.OKMsg = r.OKMsg
	}
	return r.Apply
}

// set takes a value that a rule sets.
func set[T int | time.Duration](to *T, value T) {
	if value >= 0 {
		*to = value
	}
}
