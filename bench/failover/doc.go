// Package failover is tests of the whole proxy in front of real servers that
// fail, lag, and take each other's place: when it notices, what its clients read
// meanwhile, and what has become of their writes. Each prints its timeline (go
// test -v). PARKWAY_FLAVOR says whose servers, -long makes the tests take longer
// and larger, as `make bench-monitor` does.
package failover
