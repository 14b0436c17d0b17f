package main

import (
	"bufio"
	"context"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"parkway/bench/servers"
)

// TestTheLineWorks does what a new user does: start, copy the
// line, and stop.
func TestTheLineWorks(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), startLimit)
	defer cancel()
	in, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, servers.MariaDB, out)
		out.CloseWithError(io.EOF)
		ended <- err
	}()
	output := bufio.NewScanner(in)
	var said []string
	line := ""
	for output.Scan() && !strings.HasPrefix(output.Text(), "Ctrl-C") {
		said = append(said, output.Text())
		if _, after, found := strings.Cut(output.Text(), "  try "); found {
			line = strings.TrimSpace(after)
		}
	}
	go io.Copy(io.Discard, in)
	if welcome := strings.Join(said, "\n"); line != "" && !strings.Contains(welcome, "statements of up to 16 MiB") {
		t.Errorf("not the limit of MariaDB's:\n%s", welcome)
	}
	if line == "" {
		t.Fatalf("no line to try: %v\n%s", <-ended, strings.Join(said, "\n"))
	}
	answer, err := exec.CommandContext(ctx, "sh", "-c", line+` -N -e "SELECT CONCAT('an', 'swer')"`).CombinedOutput()
	if err != nil || strings.TrimSpace(string(answer)) != "answer" {
		t.Errorf("%s: %v\n%s", line, err, answer)
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("after Ctrl-C: %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it does not end after Ctrl-C")
	}
}
