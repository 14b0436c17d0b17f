package protocol

import "testing"

// Where Feed stops: OK packets that say more than their status, and only when it was asked to.
func TestNotable(t *testing.T) {
	for _, test := range []struct {
		name    string
		ok      OK
		notable bool
	}{
		{"plain", OK{Status: StatusAutocommit}, false},
		{"long numbers", OK{AffectedRows: 1 << 30, InsertID: 1 << 40, Status: StatusAutocommit, Warnings: 3}, false},
		{"text", OK{Status: StatusAutocommit, Info: []byte("Rows matched: 1")}, true},
		{"trackers", OK{Status: StatusSessionStateChanged, StateChanges: []byte("\x02\x02\x011")}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			packet := AppendPacket(nil, test.ok.Append(nil, trackOK), 1)
			for _, watching := range []bool{false, true} {
				var r ResponseReader
				if watching {
					r.WatchOK()
				}
				r.Start(ComQuery, trackOK, 1)
				n, prog, err := r.Feed(packet)
				if !watching || !test.notable {
					if n != len(packet) || prog != Done || err != nil {
						t.Errorf("watching %v: %d bytes, %v, %v", watching, n, prog, err)
					}
					continue
				}
				if n != 0 || prog != Notable || err != nil {
					t.Fatalf("%d bytes, %v, %v", n, prog, err)
				}
				ok, n, seq, prog, err := r.ReadOK(packet)
				if n != len(packet) || seq != 1 || prog != Done || err != nil || string(ok.Info) != string(test.ok.Info) {
					t.Errorf("%d bytes, number %d, %v, %v, %+v", n, seq, prog, err, ok)
				}
			}
		})
	}
}
