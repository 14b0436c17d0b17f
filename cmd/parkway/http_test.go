package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHTTP(t *testing.T) {
	draining := false
	s := newHTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "some metrics")
	}), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "some checks")
	}), func() bool { return draining })
	for _, test := range []struct {
		path     string
		draining bool
		code     int
		body     string
	}{
		{"/healthz", false, http.StatusOK, "ok"},
		{"/healthz", true, http.StatusServiceUnavailable, "draining"},
		{"/metrics", true, http.StatusOK, "some metrics"},
		{"/monitor", false, http.StatusOK, "some checks"},
		{"/debug/pprof/", false, http.StatusOK, "goroutine"},
		{"/debug/pprof/cmdline", false, http.StatusOK, "parkway.test"},
		{"/debug/pprof/symbol", false, http.StatusOK, "num_symbols"},
		{"/debug/pprof/heap?debug=1", false, http.StatusOK, "heap profile"},
		{"/", false, http.StatusNotFound, ""},
	} {
		draining = test.draining
		r := httptest.NewRecorder()
		s.Handler.ServeHTTP(r, httptest.NewRequest("GET", test.path, nil))
		if r.Code != test.code || !strings.Contains(r.Body.String(), test.body) {
			t.Errorf("%s (draining %v): %d %q", test.path, test.draining, r.Code, r.Body)
		}
	}
}

func TestListenHTTP(t *testing.T) {
	if l, err := listenHTTP(""); l != nil || err != nil {
		t.Errorf("off: %v, %v", l, err)
	}
	l, err := listenHTTP("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if again, err := listenHTTP(l.Addr().String()); err == nil || !strings.HasPrefix(err.Error(), "HTTP: listen tcp ") {
		t.Errorf("an address in use: %v, %v", again, err)
	}
}
