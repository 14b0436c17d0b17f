package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of times in /proc/PID/stat: USER_HZ, which is 100 on
// every architecture Go runs on (time(7)).
const clockTick = 10 * time.Millisecond

// Stat is what /proc says of a process at one moment.
type Stat struct {
	State   byte          // R S D T Z ...
	CPU     time.Duration // user + system, all threads, ended ones too; steps of 10 ms
	RSS     int64         // bytes
	Threads int
}

// Stat reads /proc/PID/stat.
func (p *Process) Stat() (Stat, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
	if err != nil {
		return Stat{}, err
	}
	s, err := parseStat(text)
	if err != nil {
		return Stat{}, fmt.Errorf("/proc/%d/stat: %w", p.PID(), err)
	}
	return s, nil
}

// parseStat reads the fields of proc_pid_stat(5). The second, the command's
// name in parentheses, may hold spaces and parentheses: the rest counts from
// the last one.
func parseStat(text []byte) (Stat, error) {
	const first = 3 // number of the field after the name
	const (         // indexes into the fields from there on
		state   = 3 - first
		utime   = 14 - first
		stime   = 15 - first
		threads = 20 - first
		rss     = 24 - first
	)
	_, rest, found := bytes.Cut(text[bytes.LastIndexByte(text, ')')+1:], []byte(" "))
	fields := strings.Fields(string(rest))
	if !found || len(fields) <= rss {
		return Stat{}, errors.New("too few fields")
	}
	var n [rss + 1]int64
	for _, i := range []int{utime, stime, threads, rss} {
		v, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return Stat{}, err
		}
		n[i] = v
	}
	return Stat{
		State:   fields[state][0],
		CPU:     time.Duration(n[utime]+n[stime]) * clockTick,
		RSS:     n[rss] * int64(os.Getpagesize()),
		Threads: int(n[threads]),
	}, nil
}

// Descriptors counts the process's open file descriptors.
func (p *Process) Descriptors() (int, error) {
	names, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.PID()))
	return len(names), err
}
