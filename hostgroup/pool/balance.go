package pool

// shedPart of a surplus is closed at a time, at least one connection: slowly, so
// that those who need connections then are spread over time, and loops that see
// the same surplus do not overdo it.
const shedPart = 16

// balance closes idle connections to a server that has more than its share of
// its hostgroup, so that new ones are opened where connections are lacking. It
// reports whether it did.
func (p *Pool) balance(id int, g *group) (shed bool) {
	h := p.cfg.Hostgroups.Table().Hostgroup(id)
	if h == nil {
		return false
	}
	server, surplus := h.Surplus()
	if server == nil {
		return false
	}
	left := 1 + surplus/shedPart
	for i := 0; i < len(g.shelf) && left > 0; {
		if g.shelf[i].b.Server() != server {
			i++
			continue
		}
		p.unshelve(g, i).Quit()
		left--
		shed = true
	}
	return shed
}
