// Package turns says in which order what is compared takes its turns.
package turns

import "slices"

// Order is the list in the order of a round, the first of which is 0. Every other round goes backwards, so that a machine that becomes slower, or
// faster, favors neither of two; and every two rounds another one begins, so that none always has to bear what was before.
func Order[T any](list []T, round int) []T {
	first := round / 2 % len(list)
	order := slices.Concat(list[first:], list[:first])
	if round%2 == 1 {
		slices.Reverse(order)
	}
	return order
}
