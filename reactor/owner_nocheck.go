//go:build !loopcheck

package reactor

// CheckOwner panics under the build tag loopcheck when it is called on another thread than the loop's. Here: nothing.
func (l *Loop) CheckOwner() {}

// broken reports a broken invariant of this package.
func (l *Loop) broken(what string) { l.log.Error().Msg(what) }
