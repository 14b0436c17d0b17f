package main

import (
	"strings"
	"testing"
)

func TestStartHAProxy(t *testing.T) {
	proxied, err := startHAProxy(t.Context(), greet(t, "1.2.3"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := serverVersion(t.Context(), proxied.addr); err != nil || got != "1.2.3" {
		t.Errorf("through HAProxy: version %q (%v)", got, err)
	}
	if _, err := proxied.cpuTime(); err != nil {
		t.Error(err)
	}
	proxied.stop()
	if _, err := proxied.cpuTime(); err == nil {
		t.Error("a stopped proxy still has CPU time")
	}
}

func TestStartHAProxyShowsItsErrors(t *testing.T) {
	_, err := startHAProxy(t.Context(), "no such host:1")
	if err == nil || !strings.Contains(err.Error(), "could not resolve") && !strings.Contains(err.Error(), "[ALERT]") {
		t.Errorf("error %v, want what HAProxy printed", err)
	}
}
