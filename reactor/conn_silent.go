package reactor

// Silent reports whether the connection is open and the peer has neither ended
// it nor sent anything that was not read yet. It asks the kernel, for whom
// OnClose at the end of a turn would come too late.
func (c *Conn) Silent() bool {
	c.loop.CheckOwner()
	return c.state == stateOpen && c.broken == nil && c.sock.Silent()
}
