package main

// cell is one combination that is measured once a round.
type cell struct {
	workload string
	threads  int
	target   string
}

// run is one visit to a cell.
type run struct {
	cell
	round int // from 1
}

// schedule lists the runs in their order. The targets of one workload and number of threads follow each other directly,
// and a different one begins in every round: none is always the first after a change of the load.
func schedule(workloads []string, threads []int, targets []string, rounds int) []run {
	var runs []run
	for round := 1; round <= rounds; round++ {
		for _, workload := range workloads {
			for _, n := range threads {
				for i := range targets {
					target := targets[(i+round-1)%len(targets)]
					runs = append(runs, run{cell{workload, n, target}, round})
				}
			}
		}
	}
	return runs
}
