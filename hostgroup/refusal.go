package hostgroup

import (
	"fmt"
	"strings"
	"time"
)

// Refusal says why a hostgroup offered no server, counted by cause.
type Refusal struct {
	Hostgroup  int
	Unknown    bool // no such hostgroup
	Full       int  // at max_connections
	Crowded    int  // at the limit that the server itself showed ("Too many connections")
	Shunned    int  // SHUNNED
	Lagging    int  // SHUNNED_REPLICATION_LAG
	Left       int  // of the other hostgroup of the pair now, by what read_only says
	Offline    int  // OFFLINE_SOFT or OFFLINE_HARD, or of weight 0
	Unresolved int  // name not resolved
	Excluded   int  // tried already
	Throttled  int  // not 0: so many new connections a second are made, and one more would be too many

	// Awaited says that the monitor looks for a server, or for the return of one.
	Awaited bool

	// Again is when a crowded server may be asked for more, or the throttle allows
	// one more, if that is why.
	Again time.Duration
	// Last is the latest connect error of those that are crowded or shunned.
	Last   string
	lastAt time.Time
	// Silent says of one that is shunned for pings without an answer how that was noticed.
	Silent string
}

// String is the reason as a client reads it.
func (r Refusal) String() string {
	if r.Unknown {
		return fmt.Sprintf("hostgroup %d has no servers", r.Hostgroup)
	}
	var parts []string
	for _, c := range []struct {
		n    int
		what string
	}{
		{r.Full, "at max_connections"},
		{r.Crowded, "without room for more connections"},
		{r.Shunned, "shunned"},
		{r.Lagging, "too far behind its primary"},
		{r.Left, "in the other hostgroup of the pair, by its read_only"},
		{r.Offline, "offline"},
		{r.Unresolved, "with a name that does not resolve"},
		{r.Excluded, "failed to connect"},
	} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if r.Throttled > 0 {
		parts = append(parts, fmt.Sprintf("no more than %d new connections a second", r.Throttled))
	}
	if len(parts) == 0 {
		return fmt.Sprintf("no server of hostgroup %d became free", r.Hostgroup)
	}
	return fmt.Sprintf("no server of hostgroup %d can be used: %s", r.Hostgroup, strings.Join(parts, ", "))
}

// Wait reports whether the refusal may pass by itself: a server is only full, it
// is too early for one more connection, or the monitor may bring a server.
func (r Refusal) Wait() bool {
	return r.Taken() || r.Awaited && r.Excluded == 0
}

// Taken reports whether there would be a server, but for the limits on its connections: others have them.
func (r Refusal) Taken() bool { return r.Full > 0 || r.Crowded > 0 || r.Throttled > 0 }

// remember keeps the latest error of the servers that are refused for it, and what was seen of one that is silent.
func (r *Refusal) remember(h *health) {
	if h.silent != "" {
		r.Silent = h.silent
	}
	if h.lastAt.After(r.lastAt) {
		r.Last, r.lastAt = h.last, h.lastAt
	}
}

// crowded counts a server that may be asked for more after a while.
func (r *Refusal) crowded(h *health, more time.Duration) {
	r.Crowded++
	if r.Again == 0 || more < r.Again {
		r.Again = more
	}
	r.remember(h)
}
