package scripting

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"parkway/scripting/hook"
)

// Options are what the configuration says. The zero value of a limit means the default that is given here.
type Options struct {
	Timeout     time.Duration // of a function that ends at once; 10 ms
	SlowTimeout time.Duration // of an async one, from its call on; 1 s
	Reject      bool          // on_error: what a failed function was about is refused; else it goes on as if there were no such function
	PoolMin     int           // 1
	PoolMax     int           // machines that run async functions; 8
	PoolQueue   int           // calls that wait for one; 10000
	Memory      int64         // bytes that one call may hold; 64 MiB
	Shared      int64         // bytes that `shared` may hold; 64 MiB
	// FetchHosts are the hosts that fetch may ask: host or host:port; none: there is no fetch.
	FetchHosts []string
	// SQL runs the statements of sql(); nil: there is none.
	SQL SQL
	Log zerolog.Logger
}

// SQL runs statements for scripts, on connections that are no client's. Any thread; it may block until ctx is over.
type SQL interface {
	// Query returns the result, of which the rows are no more than limit bytes; an error that the server sent is a *hook.Rejection as error.
	Query(ctx context.Context, hostgroup int, statement string, limit int) (*hook.Reply, error)
}

// withDefaults fills in what is zero.
func (o Options) withDefaults() Options {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&o.Timeout, 10*time.Millisecond)
	set(&o.SlowTimeout, time.Second)
	count := func(n *int, v int) {
		if *n == 0 {
			*n = v
		}
	}
	count(&o.PoolMax, 8)
	o.PoolMin = max(o.PoolMin, 1)
	o.PoolMax = max(o.PoolMin, o.PoolMax)
	count(&o.PoolQueue, 10000)
	if o.Memory == 0 {
		o.Memory = 64 << 20
	}
	if o.Shared == 0 {
		o.Shared = 64 << 20
	}
	return o
}
