package hostile

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"parkway/bench/proxy"
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
	const clients = 20  // the kernel takes 4 MiB for each, all of which the script sees, slowly under the race detector
	unread(t, p, before, clients, "app", "SELECT seq, REPEAT('x', 10000) AS text FROM seq_1_to_200000", slack/4)
}
