package hostgroup

import "fmt"

// Status says what a server may be used for. The names are ProxySQL's.
type Status uint8

// The statuses.
const (
	Online                Status = iota // takes connections and statements
	Shunned                             // failed too often; tried again later
	OfflineSoft                         // takes nothing new, what runs may finish
	OfflineHard                         // as if it were not there
	ShunnedReplicationLag               // too far behind its primary
)

var statusNames = [...]string{
	Online:                "ONLINE",
	Shunned:               "SHUNNED",
	OfflineSoft:           "OFFLINE_SOFT",
	OfflineHard:           "OFFLINE_HARD",
	ShunnedReplicationLag: "SHUNNED_REPLICATION_LAG",
}

func (s Status) String() string { return statusNames[s] }

// configurable are the statuses that the configuration can ask for; the others
// are observed.
var configurable = [...]Status{Online, OfflineSoft, OfflineHard}

// parseStatus reads a status of the configuration.
func parseStatus(name string) (Status, error) {
	for _, s := range configurable {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("unknown server status %q", name)
}

// effective returns the status of a server of which wanted is configured and h
// was seen, and why it is not ONLINE. left is why it does not belong in the
// hostgroup any more, if so: it takes nothing new, as if it were OFFLINE_SOFT.
func effective(wanted Status, left string, h *health) (status Status, why string) {
	switch {
	case wanted != Online:
		return wanted, "configured"
	case left != "":
		return OfflineSoft, left
	case h == nil:
	case h.shunned:
		return Shunned, h.why
	case h.silent != "":
		return Shunned, h.silent
	case h.lagging != "":
		return ShunnedReplicationLag, h.lagging
	}
	return Online, ""
}
