package hostgroup

import (
	"errors"
	"testing"
	"time"

	"parkway/config"
)

// A server that does not answer lag checks, though it answers others, is taken for one whose replication does not run, if it may be a replica.
func TestLagChecksWithoutAnswer(t *testing.T) {
	silence := errors.New("no answer within 1s")
	for _, test := range []struct {
		name   string
		before *Lag
		misses int
		limit  time.Duration
		want   Status
	}{
		{"a replica", &Lag{Replica: true}, 3, 5 * time.Second, ShunnedReplicationLag},
		{"one that nothing is known of", nil, 3, 5 * time.Second, ShunnedReplicationLag},
		{"not often enough", &Lag{Replica: true}, 2, 5 * time.Second, Online},
		{"no replica", &Lag{}, 9, 5 * time.Second, Online},
		{"no limit", &Lag{Replica: true}, 9, 0, Online},
		{"a limit above monitor_slave_lag_when_null", &Lag{Replica: true}, 9, time.Hour, Online},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := newObserved(t, 1)
			o.Configure(watched(nil))
			o.configured[0].MaxReplicationLag = test.limit
			if err := o.Apply([]config.MySQLServer{o.configured[0]}); err != nil {
				t.Fatal(err)
			}
			if test.before != nil {
				o.SeeLag(name(1), *test.before)
			}
			for range test.misses {
				o.MissLag(name(1), silence)
			}
			o.wantStatus(0, test.want)
			if test.want == Online {
				return
			}
			o.wantLogged("its replication lag is not known, which counts as 1m0s (monitor_slave_lag_when_null); max_replication_lag is 5s: "+
				"3 checks in a row were not answered, the last: no answer within 1s", 1)
			o.SeeLag(name(1), Lag{Replica: true})
			o.wantStatus(0, Online)
			o.MissLag(name(1), silence) // It is counted anew.
			o.wantStatus(0, Online)
		})
	}
}
