package command

import (
	"fmt"
	"strconv"
	"strings"
)

// RisingInts reads a comma-separated list of positive numbers, each above the one before.
func RisingInts(list string) ([]int, error) {
	var values []int
	last := 0
	for _, field := range strings.Split(list, ",") {
		n, err := strconv.Atoi(field)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is not a positive number", field)
		}
		if n <= last {
			return nil, fmt.Errorf("%d is not above %d", n, last)
		}
		values, last = append(values, n), n
	}
	return values, nil
}
