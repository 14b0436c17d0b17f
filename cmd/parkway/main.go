// Command parkway is a MySQL proxy. See the README for what it does and
// config/parkway.example.toml for how it is configured.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"parkway/config"
)

// Exit codes.
const (
	exitOK     = 0
	exitConfig = 1 // bad configuration or command line
	exitStart  = 2 // can't bind or start
)

const usage = `usage:
  parkway [serve] --config FILE   run the proxy
  parkway check --config FILE     check a configuration: every error with its line and key
  parkway script test FILE [--replay RECORDING]
                                  run the tests of a script, or the script over recorded statements
  parkway version, --version      print the version
`

// version is set by the linker.
var version = "dev"

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run carries out the command line and returns the exit code.
func run(args []string, out, errs io.Writer) int {
	command, args := commandOf(args)
	if command == "script" {
		return script(args, out, errs)
	}
	flags := flag.NewFlagSet("parkway "+command, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	file := ""
	if command != "version" {
		flags.StringVar(&file, "config", "", "configuration file")
	}
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, usage)
		return exitOK
	case err != nil:
		return misused(errs, err.Error())
	case flags.NArg() > 0:
		return misused(errs, fmt.Sprintf("unexpected argument %q", flags.Arg(0)))
	}
	switch command {
	case "help":
		fmt.Fprint(out, usage)
		return exitOK
	case "version":
		fmt.Fprintln(out, versionText())
		return exitOK
	case "serve", "check":
		if file == "" {
			return misused(errs, "--config FILE is missing")
		}
	default:
		return misused(errs, fmt.Sprintf("unknown command %q", command))
	}
	if command == "check" {
		return check(file, out, errs)
	}
	cfg, err := config.Load(file)
	if err != nil {
		fmt.Fprintln(errs, err)
		return exitConfig
	}
	return serve(file, cfg, errs)
}

// check is `parkway check`: every error of the configuration and of its script, or else what is allowed but probably not meant, and the query rules.
func check(file string, out, errs io.Writer) int {
	cfg, err := config.Check(file, checkScript)
	if err != nil {
		fmt.Fprintln(errs, err)
		return exitConfig
	}
	for _, w := range cfg.Warnings() {
		fmt.Fprintf(out, "warning: %s\n", w)
	}
	fmt.Fprintf(out, "%s: ok\n", file)
	for _, q := range cfg.SortedRules() {
		fmt.Fprintf(out, "%s\n", q)
	}
	return exitOK
}

// commandOf parts the command line into the command, which is serve when none
// is named, and its flags.
func commandOf(args []string) (command string, flags []string) {
	switch {
	case len(args) == 0 || args[0] == "":
		return "serve", args
	case args[0] == "--version" || args[0] == "-version":
		return "version", args[1:]
	case args[0][0] == '-':
		return "serve", args
	}
	return args[0], args[1:]
}

func misused(errs io.Writer, what string) int {
	fmt.Fprintf(errs, "parkway: %s\n%s", what, usage)
	return exitConfig
}

// versionText names the version, the commit it was built from if known, and the Go version.
func versionText() string {
	text := "parkway " + version
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				text += " (" + s.Value + ")"
			}
		}
	}
	return text + " " + runtime.Version()
}
