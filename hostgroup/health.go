package hostgroup

import (
	"fmt"
	"time"
)

// health is what connecting to a server has shown: the observed side, to which
// the configured one (Member) has no part. Immutable: what is seen makes a new
// one (Manager.Observe).
type health struct {
	// Connect errors.
	window   time.Time // when the first of failures was
	failures int       // within shunWindow of that
	last     string    // the last of all
	lastAt   time.Time
	spared   bool // the hostgroup's last ONLINE server, it fails and is used all the same

	// Shunning.
	shunned bool
	why     string
	trial   time.Time // when it is tried again

	// What the monitor has seen.
	silent   string    // why it is shunned for pings without an answer; "": it is not
	silences int       // how often that was, each soon after it had come back
	hold     time.Time // it stays shunned until then, if it can be spared
	held     bool      // and that was logged
	lagging  string    // why it is SHUNNED_REPLICATION_LAG; "": it is not

	back   time.Time // since when it is ONLINE again; zero: always
	budget budget
}

const (
	// shunWindow is within what time shun_on_failures connect errors shun a server.
	shunWindow = time.Second
	// shortestRecovery bounds how often a shunned server is tried.
	shortestRecovery = 100 * time.Millisecond
	// slowStart is how long a server that came back gets less than its weight.
	slowStart = 10 * time.Second
	// fullShare is a whole weight, in which a share during slow start is counted;
	// firstShare is the one that it begins with.
	fullShare  = 100
	firstShare = 10
	// flapping is how soon after its return a server must fall silent again, or any time
	// while it is kept out for that, to be kept out for longer the next time: for shun_recovery_time_sec, twice that, and
	// so on, up to maxHold times.
	flapping = time.Minute
	maxHold  = 8
)

// failed is h after a connect error. excess says that it was one too many.
func (h health) failed(now time.Time, threshold int, err string) (next health, excess bool) {
	if now.Sub(h.window) >= shunWindow {
		h.window, h.failures = now, 0
	}
	h.failures++
	h.last, h.lastAt = err, now
	return h, threshold > 0 && h.failures >= threshold
}

// shun is h of a server that is out of use from now on.
func (h health) shun(now time.Time, recovery time.Duration) health {
	h.shunned, h.spared = true, false
	h.why = fmt.Sprintf("%d connect errors within %v, the last: %s", h.failures, shunWindow, h.last)
	h.trial = now.Add(max(recovery, shortestRecovery))
	return h
}

// recovered is h of a server that is not shunned for connect errors any more.
func (h health) recovered(now time.Time) health {
	h.window, h.failures, h.spared = time.Time{}, 0, false
	h.shunned, h.why, h.trial = false, "", time.Time{}
	h.back = now
	return h
}

// fellSilent is h of a server that answers no ping.
func (h health) fellSilent(now time.Time, recovery time.Duration, why string) health {
	again := h.held || !h.back.IsZero() && now.Sub(h.back) < flapping
	h.silent, h.spared, h.held = why, false, false
	h.hold = time.Time{}
	if !again {
		h.silences = 1
		return h
	}
	h.silences++
	if h.silences > 1 {
		h.hold = now.Add(max(recovery, shortestRecovery) * time.Duration(min(1<<min(h.silences-2, 16), maxHold)))
	}
	return h
}

// spoke is h of a server that answers pings again.
func (h health) spoke(now time.Time) health {
	h.silent, h.held, h.back = "", false, now
	return h
}

// connected is h after a login.
func (h health) connected(now time.Time) health {
	h.spared = false
	if h.budget.refusals > 0 {
		h.budget = h.budget.admitted(now)
	}
	return h
}

// notable reports whether a login changes h.
func (h *health) notable() bool { return h.spared || h.budget.refusals > 0 }

// share returns how much of its weight the server gets, of fullShare.
func (h *health) share(now time.Time) int {
	if h.back.IsZero() {
		return fullShare
	}
	passed := now.Sub(h.back)
	if passed >= slowStart {
		return fullShare
	}
	return max(firstShare, int(fullShare*passed/slowStart))
}
