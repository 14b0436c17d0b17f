package pool

// dropUnusable closes the idle connections to servers that take no statements
// now.
func (p *Pool) dropUnusable() {
	for _, g := range p.groups {
		for i := len(g.shelf) - 1; i >= 0; i-- {
			if !p.usable(g.shelf[i].b.Server()) {
				p.unshelve(g, i).Quit()
			}
		}
	}
}
