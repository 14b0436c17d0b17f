package hostile

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"parkway/bench/proxy"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// Clients that ask for 2 GB of rows each, which a script changes on the way, and read none of them, cost the proxy no more than its marks and a batch
// each. For half of them the script's function runs on the event loop, for the others beside it.
func TestClientsThatDoNotReadWhatAScriptSees(t *testing.T) {
	file := filepath.Join(t.TempDir(), "script.js")
	const script = `
		function see(q, result) { if (result.columns.length == 2) result.map(row => { row.text = row.text.replace("x", "y") }) }
		async function seeLater(q, result) { see(q, result) }
		function onResult(q, result) { return q.id % 4 < 2 ? see(q, result) : offload(seeLater) }`
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := behindSound(t)
	cfg.Extra = fmt.Sprintf("\n[scripting]\nfile = %q\ntimeout_ms = 1000\nslow_timeout_ms = 60000\n", file)
	p := parkway.StartT(t, proxy.Options{Config: cfg})
	before := measure(t, p)
	before.rss += slack // what scripts throw away lies about until the heap has doubled
	w := observe(t, p)
	fetching := carried(t, p, "server", "in")
	clients := make([]*mysqltest.Client, crowd)
	for i := range clients {
		login := as("app", p)
		login.Database = "app"
		clients[i] = mysqltest.Dial(t, login)
		if err := clients[i].WriteCommand(protocol.ComQuery, []byte("SELECT seq, REPEAT('x', 10000) AS text FROM seq_1_to_200000")...); err != nil {
			t.Fatal(err)
		}
	}
	fetched := fetching.awaitStill()
	t.Logf("the proxy fetched %.1f MiB", mib(fetched))
	before.bounded(t, p)
	// A client that begins to read after all gets what it asked for.
	if n, err := io.CopyN(io.Discard, clients[0].Conn(), slack/4); err != nil {
		t.Errorf("read %d bytes: %v", n, err)
	}
	before.bounded(t, p)
	for _, client := range clients {
		client.Close()
	}
	w.check(t)
	before.withKills().settled(t, p)
}
