package main

import (
	"io"
	"slices"
	"strings"
	"testing"
)

func TestParseOptions(t *testing.T) {
	o, err := parseOptions([]string{"-clients", "7", "-idle-loops", "off,on", "-counts", "5,50", "herd", "hold"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if o.clients != 7 || !slices.Equal(o.modes, []mode{unparking, parking}) || !slices.Equal(o.counts, []int{5, 50}) ||
		!slices.Equal(o.scenarios, []string{"herd", "hold"}) {
		t.Errorf("%+v", o)
	}
	if o, err := parseOptions(nil, io.Discard); err != nil || !slices.Equal(o.scenarios, scenarioNames) {
		t.Errorf("without scenarios: %q, %v", o.scenarios, err)
	}
}

func TestParseOptionsRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"hold sleep":               `scenarios: "sleep" is none of hold, wake`,
		"hold hold":                "scenarios: hold is named twice",
		"-idle-loops maybe":        `-idle-loops: "maybe" is none of on, off`,
		"-idle-loops on,on":        "on is named twice",
		"-idle-loops on hold wake": "wake compares -idle-loops on with off",
		"-counts 5,5":              "5 is not above 5",
		"-counts 0":                `"0" is not a positive number`,
		"-clients 0 -rate -1":      "-clients: 0 is less than 1\n-rate: -1 is less than 1",
		"-idle 10ms -patience 1s":  "-idle: 10ms is less than 100ms",
		"-per-process -1":          "-per-process: -1 is less than 0",
	} {
		if _, err := parseOptions(strings.Fields(args), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", args, err, want)
		}
	}
}

// More clients than descriptors are refused before anything is started.
func TestPossible(t *testing.T) {
	o, err := parseOptions([]string{"-clients", "5", "-counts", "1000000000", "hold"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.possible(); err != nil {
		t.Errorf("5 clients: %v", err)
	}
	o.scenarios = []string{"sweep"}
	if err := o.possible(); err == nil || !strings.Contains(err.Error(), "1000000000 clients") {
		t.Errorf("a billion clients: %v", err)
	}
}

func TestWakeRate(t *testing.T) {
	o, err := parseOptions([]string{"-rate", "1000", "-idle", "1s"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for clients, want := range map[int]float64{15_000: 1000, 3000: 1000, 900: 300} {
		o.clients = clients
		if got := o.wakeRate(); got != want {
			t.Errorf("%d clients wake %v times a second, want %v", clients, got, want)
		}
	}
}
