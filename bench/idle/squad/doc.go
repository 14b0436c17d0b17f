// Package squad is a crowd in as many processes as its descriptors need: each is this program again, told by its environment to be
// one, and gets its orders over a pipe.
package squad
