package session

import "runtime"

// decrypting runs the steps of logins that take milliseconds or longer, so that no loop
// does. As many run at once as leave the loops at least half of the cores.
type decrypting chan struct{}

func newDecrypting() decrypting { return make(decrypting, max(runtime.NumCPU()/2, 1)) }

// run calls f on another thread, later if too many run already. Any thread;
// never blocks.
func (d decrypting) run(f func()) {
	go func() {
		d <- struct{}{}
		defer func() { <-d }()
		f()
	}()
}
