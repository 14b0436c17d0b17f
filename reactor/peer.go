package reactor

import "net/netip"

// Peer is who is at the other end of an accepted connection, in 20 bytes without a pointer: what is kept of a parked one. The zone of an
// IPv6 address is lost.
type Peer struct {
	ip   [16]byte
	port uint16
	unix bool
}

// Peer returns who is at the other end, for SetPeer.
func (c *Conn) Peer() Peer {
	if c.unix {
		return Peer{unix: true}
	}
	return Peer{ip: c.remote.Addr().As16(), port: c.remote.Port()}
}

// SetPeer tells a connection that was parked who is at the other end. Loop only.
func (c *Conn) SetPeer(p Peer) {
	c.loop.CheckOwner()
	if c.unix = p.unix; !p.unix {
		c.remote = p.address()
	}
}

func (p Peer) address() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(p.ip).Unmap(), p.port)
}

// String is Conn.RemoteString of the connection.
func (p Peer) String() string {
	if p.unix {
		return "unix"
	}
	return p.address().String()
}
