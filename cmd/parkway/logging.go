package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/rs/zerolog"

	"parkway/config"
)

// newLogger opens the log that the configuration names. file is nil for standard error.
func newLogger(c config.Log) (log zerolog.Logger, file *logFile, err error) {
	var w io.Writer = os.Stderr
	if c.File != "" {
		if file, err = openLogFile(c.File); err != nil {
			return log, nil, err
		}
		w = file
	}
	if c.Format == "console" {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.RFC3339, NoColor: c.File != "" || !isTerminal(os.Stderr)}
	}
	return zerolog.New(w).With().Timestamp().Logger(), file, setLevel(c)
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
