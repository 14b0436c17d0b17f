// Package e2e tests the whole proxy: the real program in front of real servers,
// asked by real clients.
//
// Most tests do the same thing twice, directly at the server and through the
// proxy, and compare what a client sees: see same. PARKWAY_FLAVOR chooses the
// servers and the client programs, "mariadb" (the default) or "mysql".
package e2e
