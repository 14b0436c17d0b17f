package command

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Names says which of the names that were given for what ("-targets") are not known, or are given twice. No name has a space.
func Names[S ~string](what string, names, known []S) error {
	var problems []error
	all := strings.ReplaceAll(strings.Trim(fmt.Sprint(known), "[]"), " ", ", ")
	for i, name := range names {
		switch {
		case !slices.Contains(known, name):
			problems = append(problems, fmt.Errorf("%s: %q is none of %s", what, name, all))
		case slices.Contains(names[:i], name):
			problems = append(problems, fmt.Errorf("%s: %s is named twice", what, name))
		}
	}
	return errors.Join(problems...)
}

// AtLeast says whether the value of a flag is too small.
func AtLeast[N int | time.Duration](flag string, value, least N) error {
	if value < least {
		return fmt.Errorf("%s: %v is less than %v", flag, value, least)
	}
	return nil
}
