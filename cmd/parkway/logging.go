package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/rs/zerolog"

	"parkway/config"
)

// newLogger opens the log that the configuration names. closeLog closes its
// file, if it has one.
func newLogger(c config.Log) (log zerolog.Logger, closeLog func(), err error) {
	var w io.Writer = os.Stderr
	closeLog = func() {}
	if c.File != "" {
		f, err := os.OpenFile(c.File, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
		if err != nil {
			return log, closeLog, fmt.Errorf("open log: %w", err)
		}
		w, closeLog = f, func() { f.Close() }
	}
	if c.Format == "console" {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.RFC3339, NoColor: c.File != "" || !isTerminal(os.Stderr)}
	}
	return zerolog.New(w).With().Timestamp().Logger(), closeLog, setLevel(c)
}

// setLevel puts a log level in force, for all loggers of the process.
func setLevel(c config.Log) error {
	level, err := zerolog.ParseLevel(c.Level)
	if err != nil {
		return fmt.Errorf("log.level: %w", err)
	}
	zerolog.SetGlobalLevel(level)
	return nil
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
