package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"parkway/config"
	"parkway/scripting"
	"parkway/scripting/hook"
	"parkway/session"
)

// scriptOptions are what [scripting] says.
func scriptOptions(c *config.Scripting, errands *lateErrands, log zerolog.Logger) scripting.Options {
	return scripting.Options{
		Timeout: c.Timeout, SlowTimeout: c.SlowTimeout, Reject: c.OnError == config.OnErrorReject,
		PoolMin: c.PoolMin, PoolMax: c.PoolMax, PoolQueue: c.PoolQueue,
		Memory: int64(c.MemoryMB) << 20, Shared: int64(c.SharedMB) << 20, FetchHosts: c.FetchHosts, SQL: errands, Log: log,
	}
}

// lateErrands are the statements of sql(), once there is a proxy that runs them: scripts are loaded before.
type lateErrands struct{ proxy atomic.Pointer[session.Proxy] }

// Query is scripting.SQL's.
func (l *lateErrands) Query(ctx context.Context, hostgroup int, statement string, limit int) (*hook.Reply, error) {
	p := l.proxy.Load()
	if p == nil {
		return nil, errors.New("parkway: sql() is not there yet: the proxy is starting")
	}
	return p.Errands().Query(ctx, hostgroup, statement, limit)
}

// errandAccount is who sql() is at the servers.
func errandAccount(c *config.Scripting) session.ErrandAccount {
	return session.ErrandAccount{User: c.SQLUsername, Password: c.SQLPassword}
}

// checkScript compiles the script and tries it, if there is one.
func checkScript(c *config.Config) error {
	if c.Scripting.File == "" {
		return nil
	}
	return scripting.Check(c.Scripting.File, scriptOptions(&c.Scripting, new(lateErrands), zerolog.Nop()))
}

// exitFailed is the exit code of `parkway script test` when a test has failed, or a function of the script.
const exitFailed = 1

// script is `parkway script test FILE`: the tests of a script, or the script over recorded statements, without a server.
func script(args []string, out, errs io.Writer) int {
	if len(args) == 0 || args[0] != "test" {
		return misused(errs, "script needs a command: script test FILE")
	}
	flags := flag.NewFlagSet("parkway script test", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	replay := flags.String("replay", "", "recorded statements")
	file, err := fileAndFlags(flags, args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, usage)
		return exitOK
	case err != nil:
		return misused(errs, err.Error())
	}
	options := scripting.Options{
		Timeout: time.Second, SlowTimeout: 10 * time.Second, // whether a function is quick enough depends on the machine
		Log: zerolog.New(zerolog.ConsoleWriter{Out: errs, NoColor: true, PartsExclude: []string{zerolog.TimestampFieldName}}),
	}
	if *replay != "" {
		return replayScript(file, *replay, options, out, errs)
	}
	ran, failed, err := scripting.Test(file, options, out)
	if err == nil && ran == 0 {
		err = fmt.Errorf("%s has no tests, nor is there a file beside it that has: test(name, function)", file)
	}
	if err != nil {
		fmt.Fprintln(errs, err)
		return exitFailed
	}
	fmt.Fprintf(out, "%d tests, %d failed\n", ran, failed)
	if failed > 0 {
		return exitFailed
	}
	return exitOK
}

// fileAndFlags parses the one file of a command line, and the flags before and behind it.
func fileAndFlags(flags *flag.FlagSet, args []string) (file string, err error) {
	if err := flags.Parse(args); err != nil {
		return "", err
	}
	if flags.NArg() == 0 {
		return "", errors.New("the FILE is missing")
	}
	file = flags.Arg(0)
	if err := flags.Parse(flags.Args()[1:]); err != nil {
		return "", err
	}
	if flags.NArg() > 0 {
		return "", fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return file, nil
}

func replayScript(file, recording string, options scripting.Options, out, errs io.Writer) int {
	asked, failed, err := scripting.Replay(file, recording, options, out)
	if err != nil {
		fmt.Fprintln(errs, err)
		return exitFailed
	}
	fmt.Fprintf(errs, "%d statements, the script failed for %d\n", asked, failed)
	if failed > 0 {
		return exitFailed
	}
	return exitOK
}
