package hostile

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parkway/bench/proxy"
	"parkway/bench/servers"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// The crowd: clients that share few connections, and a statement that keeps a
// connection busy but no core, so that all of the waiting is at the pool.
const (
	crowdSize   = 2000
	crowdBudget = 20 // max_connections of their server
	crowdQuery  = "SELECT SLEEP(0.01)"
	crowdWait   = 4 * time.Second // measured, after every client has had its first turns
	crowdTurns  = 2               // of each client, before it is measured
	crowdUser   = "crowd"
)

// member is one client of the crowd. What it saw is read when its goroutine has
// ended.
type member struct {
	client *mysqltest.Client
	waits  []time.Duration // of the queries that were asked while it was measured
	err    error
}

// phase is what the members do at the moment.
type phase struct {
	measured, ended atomic.Bool
	warm            sync.WaitGroup // until all have had their first turns
}

func (m *member) run(p *phase) {
	for n := 0; !p.ended.Load(); n++ {
		measured, begun := p.measured.Load(), time.Now()
		if _, m.err = m.client.Query(crowdQuery); m.err != nil {
			if n < crowdTurns {
				p.warm.Done()
			}
			return
		}
		if measured && !p.ended.Load() {
			m.waits = append(m.waits, time.Since(begun))
		}
		if n == crowdTurns-1 {
			p.warm.Done()
		}
	}
}

// threadsOf counts the connections of a user at the server.
func threadsOf(t *testing.T, s *servers.Server, user string) (n int) {
	t.Helper()
	threads, err := s.Threads(t.Context())
	if err != nil {
		t.Error(err)
	}
	for i := range threads {
		if threads[i].User == user {
			n++
		}
	}
	return n
}

// mostThreads is the most that threadsOf saw until stop was closed.
func mostThreads(t *testing.T, s *servers.Server, user string, stop <-chan struct{}) (most, looks int) {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		most, looks = max(most, threadsOf(t, s, user)), looks+1
		select {
		case <-stop:
			return most, looks
		case <-ticker.C:
		}
	}
}

// 2,000 clients over 20 connections: every query is answered, nobody waits
// three times as long as the others, the server never sees more than its
// limit, and when all of them are suddenly gone nothing is left of them.
func TestCrowdSharesFewConnections(t *testing.T) {
	server := sound.T(t).Servers[0]
	if err := sound.T(t).Exec(0, "CREATE USER IF NOT EXISTS "+crowdUser+"@'%'"); err != nil {
		t.Fatal(err)
	}
	cfg := behindSound(t)
	cfg.Variables["multiplexing"] = true
	cfg.Variables["free_connections_pct"] = 100
	hostgroup := addServer(t, &cfg, crowdUser, addressOf(server), crowdBudget)
	p := parkway.StartT(t, proxy.Options{Config: cfg})
	before := measure(t, p)

	members := make([]member, crowdSize)
	gang(20, crowdSize, func(i int) { members[i].client, members[i].err = mysqltest.Connect(as(crowdUser, p)) })
	for i := range members {
		if err := members[i].err; err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
		defer members[i].client.Close()
	}

	var ph phase
	ph.warm.Add(crowdSize)
	var running, looking sync.WaitGroup
	looked := make(chan struct{})
	var most, looks int
	looking.Go(func() { most, looks = mostThreads(t, server, crowdUser, looked) })
	for i := range members {
		running.Go(func() { members[i].run(&ph) })
	}
	ph.warm.Wait()
	ph.measured.Store(true)
	<-time.After(crowdWait)
	ph.ended.Store(true)
	running.Wait()
	close(looked)
	looking.Wait()

	var waits []time.Duration
	for i := range members {
		if err := members[i].err; err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
		if len(members[i].waits) == 0 {
			t.Errorf("client %d had no turn in %v", i, crowdWait)
		}
		waits = append(waits, members[i].waits...)
	}
	slices.Sort(waits)
	median, worst := waits[len(waits)/2], waits[len(waits)-1]
	t.Logf("%d queries of %d clients: median wait %v, worst %v; at most %d threads in %d looks", len(waits), crowdSize, median, worst, most, looks)
	if worst > 3*median {
		t.Errorf("the worst wait is %v, more than three times the median %v", worst, median)
	}
	if most != crowdBudget {
		t.Errorf("%d threads at the server, want %d", most, crowdBudget)
	}

	// All of them are gone in the middle of a query.
	for i := range members {
		if err := members[i].client.WriteCommand(protocol.ComQuery, []byte("SELECT SLEEP(1)")...); err != nil {
			t.Fatal(err)
		}
	}
	awaitWaiting(t, p, hostgroup, crowdSize-crowdBudget)
	for i := range members {
		reset(t, members[i].client.Conn())
	}
	await(t, "sessions, descriptors, used connections and the server's threads gone", func() bool {
		now := measure(t, p)
		return now.sessions == 0 && now.descriptors <= before.descriptors && now.goroutines <= before.goroutines &&
			now.backends == 0 && threadsOf(t, server, crowdUser) == connections(t, p, hostgroup, "free")
	})
	// The whole budget is there again.
	after := make([]*mysqltest.Client, crowdBudget)
	for i := range after {
		after[i] = mysqltest.Dial(t, as(crowdUser, p))
		if _, err := after[i].Query("BEGIN"); err != nil {
			t.Fatalf("client %d of %d: %v", i, crowdBudget, err)
		}
	}
}

// connections is how many connections the hostgroup has in a state, "used" or
// "free", as the proxy's metrics say.
func connections(t testing.TB, p *proxy.Proxy, hostgroup int, state string) int {
	t.Helper()
	metrics, err := p.Metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range metrics {
		if strings.HasPrefix(name, "parkway_backend_connections{hostgroup=\""+strconv.Itoa(hostgroup)+"\"") &&
			strings.HasSuffix(name, ",state=\""+state+"\"}") {
			return int(value)
		}
	}
	return 0
}
