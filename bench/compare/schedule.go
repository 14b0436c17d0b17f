package main

import "parkway/bench/turns"

// load is what sysbench does in a run.
type load struct {
	workload string
	psMode   string // --db-ps-mode
	threads  int
}

// protocol is the name of the load's psMode in the tables.
func (l load) protocol() string {
	if l.psMode == "auto" {
		return "prepared"
	}
	return "text"
}

// cell is a load on a target: it is measured once a round.
type cell struct {
	load
	target string
}

// run is one visit to a cell.
type run struct {
	cell
	round int // from 1
}

// schedule lists the runs in their order. The targets of one load follow each other directly.
func schedule(o options) []run {
	var runs []run
	for round := 1; round <= max(o.rounds, o.judgedRounds); round++ {
		for _, l := range o.loads() {
			if round > o.roundsOf(l) {
				continue
			}
			for _, target := range turns.Order(o.targets, round-1) {
				runs = append(runs, run{cell{l, target}, round})
			}
		}
	}
	return runs
}
