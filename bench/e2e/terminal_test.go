package e2e

import (
	"os/exec"
	"strings"
)

// terminal wraps a command so that it believes to be at a terminal.
func terminal(cmd *exec.Cmd) *exec.Cmd {
	quoted := make([]string, len(cmd.Args))
	for i, a := range append([]string{cmd.Path}, cmd.Args[1:]...) {
		quoted[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
	}
	return exec.Command("script", "--quiet", "--return", "--command", strings.Join(quoted, " "), "/dev/null")
}
