//go:build !loopcheck

package reactor

// CheckOwner panics under the build tag loopcheck when it is called on another thread than the loop's. Here: nothing.
func (l *Loop) CheckOwner() {}

// CheckOutside panics under the build tag loopcheck when it is called on the thread of one of the group's loops. Here: nothing.
func (g *Group) CheckOutside() {}

// broken reports a broken invariant of this package.
func (l *Loop) broken(what string) { l.log.Error().Msg(what) }
