package backend

// Stale reports whether an idle connection is of no use any more: the server has
// ended it, or has something to say, which is why it will. It asks the kernel,
// so that a statement that must not run twice is not sent in vain.
func (b *Conn) Stale() bool { return b.state != idle || !b.conn.Silent() }
