package session

import (
	"errors"
	"testing"

	"parkway/reactor"
)

// Outside the loops nobody else would catch a panic, and the process would end.
func TestGuardedStep(t *testing.T) {
	_, _, err := guardedStep(nil, nil)
	var panicked *reactor.PanicError
	if !errors.As(err, &panicked) || len(panicked.Stack) == 0 {
		t.Errorf("%v, want a panic and its stack", err)
	}
}
