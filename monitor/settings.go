package monitor

import (
	"time"

	"parkway/config"
	"parkway/monitor/check"
)

// settings are what the configuration says.
type settings struct {
	account check.Account
	timeout [check.NumKinds]time.Duration
	every   [check.NumKinds]time.Duration // 0: never
	unused  time.Duration                 // for how long a connection is kept that is not used
	min     int
	max     int
}

// purgeAfter is for how many ping intervals a connection is kept that no check
// uses.
const purgeAfter = 3

func settingsOf(v *config.MySQLVariables) *settings {
	s := &settings{
		account: check.Account{User: v.MonitorUsername, Password: v.MonitorPassword},
		timeout: [check.NumKinds]time.Duration{v.MonitorConnectTimeout, v.MonitorPingTimeout, v.MonitorReadOnlyTimeout, v.MonitorReplicationLagTimeout},
		every:   [check.NumKinds]time.Duration{v.MonitorConnectInterval, v.MonitorPingInterval, v.MonitorReadOnlyInterval, v.MonitorReplicationLagInterval},
		unused:  purgeAfter * v.MonitorPingInterval,
		min:     v.MonitorThreadsMin,
		max:     v.MonitorThreadsMax,
	}
	if !v.MonitorEnabled {
		s.every = [check.NumKinds]time.Duration{}
	}
	if s.unused == 0 || !v.MonitorEnabled {
		s.unused = max(purgeAfter*max(s.every[check.ReadOnly], s.every[check.ReplicationLag]), time.Second)
	}
	return s
}
