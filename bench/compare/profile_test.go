package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSaveProfile(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/debug/pprof/profile" || r.URL.Query().Get("seconds") != "7" {
			http.NotFound(w, r)
			return
		}
		w.Write([]byte("samples"))
	}))
	defer server.Close()
	path := profilePath(filepath.Join(t.TempDir(), "new"), run{cell{load{"oltp_point_select", "disable", 64}, parkway}, 2})
	if err := saveProfile(t.Context(), server.URL, 7, path); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); string(got) != "samples" {
		t.Errorf("%s holds %q (%v)", path, got, err)
	}
	err := saveProfile(t.Context(), server.URL, 8, path)
	if err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("error %v, want one with the status", err)
	}
}
