package main

import (
	"errors"
	"flag"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestParseOptionsDefaults(t *testing.T) {
	o, err := parseOptions(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(o.threads, []int{8, 64, 256}) || o.rounds != 3 || o.judgedRounds != 15 || !slices.Equal(o.psModes, []string{"disable"}) {
		t.Errorf("defaults: %+v", o)
	}
	if !slices.Equal(o.targets, []string{direct, parkway, haproxy}) {
		t.Errorf("targets: %q", o.targets)
	}
}

func TestParseOptionsAddsTheOldBinary(t *testing.T) {
	for _, args := range [][]string{
		{"-parkway-old", "old"},
		{"-parkway-old", "old", "-targets", "direct,parkway,haproxy,parkway-old"},
	} {
		o, err := parseOptions(args, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{direct, parkway, haproxy, parkwayOld}; !slices.Equal(o.targets, want) {
			t.Errorf("%q: targets %q, want %q", args, o.targets, want)
		}
	}
}

func TestParseOptionsRefuses(t *testing.T) {
	const twice = "oltp_read_only,oltp_read_only"
	for args, want := range map[string]string{
		"-threads 8,0":                  `"0" is not a positive number`,
		"-threads 8,,64":                `"" is not a positive number`,
		"-threads 8,8":                  "8 is not above 8",
		"-workloads select_random":      `-workloads: "select_random" is none of oltp_delete, oltp_insert`,
		"-workloads " + twice:           "oltp_read_only is named twice",
		"-targets direct,mysqlrouter":   `-targets: "mysqlrouter" is none of direct, parkway`,
		"-targets direct,direct":        "direct is named twice",
		"-targets parkway-old":          "needs -parkway-old",
		"-rounds 0":                     "-rounds: 0 is less than 1",
		"-judged-rounds 0":              "-judged-rounds: 0 is less than 1",
		"-seconds 0":                    "-seconds: 0 is less than 1",
		"-ps-mode auto,never":           `-ps-mode: "never" is none of disable, auto`,
		"-rounds 0 -seconds 0":          "-rounds: 0 is less than 1\n-seconds: 0 is less than 1",
		"extra":                         `unexpected argument "extra"`,
		"-no-such-flag":                 "not defined",
		"-rounds three":                 "invalid value",
		"-parkway-old p -targets haprx": `"haprx" is none of`,
	} {
		t.Run(args, func(t *testing.T) {
			_, err := parseOptions(strings.Fields(args), io.Discard)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want one with %q", err, want)
			}
		})
	}
}

func TestParseOptionsHelp(t *testing.T) {
	var usage strings.Builder
	if _, err := parseOptions([]string{"-h"}, &usage); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("error %v, want flag.ErrHelp", err)
	}
	if !strings.Contains(usage.String(), "-parkway-old") {
		t.Error("-h does not show the flags")
	}
}
