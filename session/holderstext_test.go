package session

import "testing"

// Who has waited where there are no connections does not read how many of none are kept.
func TestHoldersOfNoConnections(t *testing.T) {
	const want = "; there is no connection to a server of the hostgroup; 3 more clients wait"
	if got := newHolders(1).text(0, 3); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
