package session

// names has strings that many sessions of a loop share, of schemas and environments, once each: two equal ones are then the same, and to compare
// them takes no look at their bytes, which lie elsewhere in memory. Loop only.
type names map[string]string

// maxNames bounds it. Behind that it begins anew; strings of before are as good, but for the look.
const maxNames = 1024

// of is the string of these bytes.
func (n *names) of(b []byte) string {
	if s, ok := (*n)[string(b)]; ok {
		return s
	}
	if *n == nil || len(*n) >= maxNames {
		*n = make(names)
	}
	s := string(b)
	(*n)[s] = s
	return s
}
