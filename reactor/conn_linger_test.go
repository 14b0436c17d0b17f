package reactor

import (
	"testing"
	"time"
)

// A peer that goes on sending is read from for longer than one that is silent, but not for ever.
func TestLingerWhileThePeerSends(t *testing.T) {
	const silence = time.Hour
	for _, test := range []struct {
		name  string
		every time.Duration // the peer sends
		times int           // before it is silent
		want  time.Duration // that the connection lasts
	}{
		{"silent", silence, 0, silence},
		{"then silent", silence * 3 / 4, 4, 4 * silence},
		{"for ever", silence * 3 / 4, 100, maxLinger * silence},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := manualLoop(t)
			peer, fd := tcppair(t)
			c, closed := l.attachCounted(fd)
			l.turnOnce()
			begin := l.Now()
			c.CloseAfterWrite(errTest, silence)
			l.turnOnce()
			for i := 0; *closed == 0; i++ {
				if i == 1000 {
					t.Fatal("it lingers on")
				}
				l.base = l.base.Add(-test.every)
				if i < test.times {
					write(t, peer, "more")
					l.turnOnce() // reads it
				}
				l.turnOnce()
			}
			if lasted := time.Duration(l.Now() - begin); lasted < test.want || lasted >= test.want+test.every {
				t.Errorf("it lasted %v, want %v", lasted, test.want)
			}
			l.quiet()
		})
	}
}
