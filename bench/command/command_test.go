package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

func TestRun(t *testing.T) {
	parse := func(args []string, usage io.Writer) (string, error) {
		set := flag.NewFlagSet("test", flag.ContinueOnError)
		set.SetOutput(usage)
		what := set.String("what", "work", "")
		return *what, set.Parse(args)
	}
	for _, test := range []struct {
		args    []string
		fails   error
		code    int
		worked  bool
		printed string // ends with it
	}{
		{nil, nil, 0, true, ""},
		{nil, errors.New("no luck"), 1, true, "test: no luck\n"},
		{[]string{"-h"}, nil, 0, false, "\n"},
		{[]string{"-wha"}, nil, 2, false, "test: flag provided but not defined: -wha\n"},
	} {
		var stderr strings.Builder
		worked := false
		code := run(t.Context(), "test", test.args, &stderr, parse, func(_ context.Context, what string) error {
			worked = what == "work"
			return test.fails
		})
		if code != test.code || worked != test.worked || !strings.HasSuffix(stderr.String(), test.printed) || test.printed == "" && stderr.Len() > 0 {
			t.Errorf("%q: code %d, worked %v, printed %q", test.args, code, worked, fmt.Sprint(&stderr))
		}
	}
}

func TestRisingInts(t *testing.T) {
	for list, want := range map[string]string{
		"8": "[8] <nil>", "1,5,50": "[1 5 50] <nil>", "5,5": "[] 5 is not above 5", "0": `[] "0" is not a positive number`, "8,,64": `[] "" is not a positive number`,
	} {
		got, err := RisingInts(list)
		if said := fmt.Sprint(got, " ", err); said != want {
			t.Errorf("%s: %s, want %s", list, said, want)
		}
	}
}

func TestNames(t *testing.T) {
	known := []string{"a", "b"}
	for list, want := range map[string]string{
		"a": "<nil>", "b,a": "<nil>", "a,a": "-x: a is named twice", "c,b,": "-x: \"c\" is none of a, b\n-x: \"\" is none of a, b",
	} {
		if got := fmt.Sprint(Names("-x", strings.Split(list, ","), known)); got != want {
			t.Errorf("%s: %s, want %s", list, got, want)
		}
	}
}

func TestAtLeast(t *testing.T) {
	for _, test := range []struct {
		got  error
		want string
	}{
		{AtLeast("-n", 1, 1), "<nil>"},
		{AtLeast("-n", 0, 1), "-n: 0 is less than 1"},
		{AtLeast("-t", 10*time.Millisecond, time.Second), "-t: 10ms is less than 1s"},
	} {
		if fmt.Sprint(test.got) != test.want {
			t.Errorf("%v, want %s", test.got, test.want)
		}
	}
}
