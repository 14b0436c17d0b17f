package backend

import (
	"time"

	"parkway/protocol"
)

// Age is how long the connection has existed.
func (b *Conn) Age() time.Duration { return time.Since(b.born) }

// Ping asks an idle connection for a sign of life: OnBackendReady follows, or the
// connection ends after timeout.
func (b *Conn) Ping(timeout time.Duration) {
	b.beginOwn(timeout)
	b.runOwn(ownCommand{cmd: protocol.ComPing, then: b.unless(func() {})})
	b.nextOwn()
}
