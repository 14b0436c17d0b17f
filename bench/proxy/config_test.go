package proxy

import (
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"parkway/bench/servers"
	"parkway/config"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestConfigIsWhatParkwayReads(t *testing.T) {
	text, err := Config{
		LogLevel:  "debug",
		Loops:     3,
		NoPin:     true,
		NoIdle:    true,
		Listen:    []string{"127.0.0.1:3"},
		Variables: map[string]any{"max_connections": 7, "multiplexing": false, "server_version": `8.0 "x"`},
		Servers:   []Server{{Hostgroup: 10, Host: "/run/sock", Weight: 5, MaxConnections: 6, Status: "OFFLINE_SOFT", MaxReplicationLag: 2}},
		Users:     []User{{Name: `a"b`, Password: `p\q`, Hostgroup: 10, Schema: "s", MaxConnections: 8, Disabled: true}},
		Pairs:     []Pair{{Writer: 10, Reader: 20, CheckType: "super_read_only"}},
		Extra:     "\n[scripting]\npool_max = 9\n",
	}.toml([]string{"127.0.0.1:1", "unix:/a"}, "127.0.0.1:2")
	if err != nil {
		t.Fatal(err)
	}
	got, err := config.Parse("test", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, c := range []struct{ got, want any }{
		{got.Log.Level, "debug"},
		{got.Reactor.EventLoops, 3},
		{got.Reactor.Pin, false},
		{got.Reactor.IdleLoops, false},
		{got.Listen.MySQL, []string{"127.0.0.1:1", "unix:/a", "127.0.0.1:3"}},
		{got.Listen.HTTP, "127.0.0.1:2"},
		{got.MySQL.MaxConnections, 7},
		{got.MySQL.Multiplexing, false},
		{got.MySQL.ServerVersion, `8.0 "x"`},
		{len(got.Servers), 1},
		{got.Servers[0].Hostname, "/run/sock"},
		{got.Servers[0].Weight, 5},
		{got.Servers[0].MaxConnections, 6},
		{got.Servers[0].Status, "OFFLINE_SOFT"},
		{got.Servers[0].MaxReplicationLag, 2 * time.Second},
		{len(got.Users), 1},
		{got.Users[0].Username, `a"b`},
		{got.Users[0].Password, `p\q`},
		{got.Users[0].DefaultSchema, "s"},
		{got.Users[0].MaxConnections, 8},
		{got.Users[0].Active, false},
		{len(got.ReplicationHostgroups), 1},
		{got.ReplicationHostgroups[0].CheckType, "super_read_only"},
		{got.Scripting.PoolMax, 9},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("got %v, want %v\n%s", c.got, c.want, text)
		}
	}
}

func TestZeroConfigLeavesDefaults(t *testing.T) {
	text, err := Config{}.toml([]string{"127.0.0.1:1"}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"level", "event_loops", "pin", "idle_loops", "max_connections"} {
		if strings.Contains(text, key) {
			t.Errorf("the file sets %s:\n%s", key, text)
		}
	}
}

func TestConfigWithAnImpossibleValue(t *testing.T) {
	_, err := Config{Variables: map[string]any{"a": 1.5}}.toml(nil, "")
	if err == nil || !strings.Contains(err.Error(), "a: a float64") {
		t.Errorf("error %v, want one that names key and type", err)
	}
}

func TestBehind(t *testing.T) {
	c := Behind(&servers.Cluster{Servers: []*servers.Server{{Host: "127.0.0.1", Port: 1}, {Host: "127.0.0.1", Port: 2}}})
	want := []Server{{Hostgroup: Primaries, Host: "127.0.0.1", Port: 1}, {Hostgroup: Replicas, Host: "127.0.0.1", Port: 2}}
	if !reflect.DeepEqual(c.Servers, want) {
		t.Errorf("servers %+v, want %+v", c.Servers, want)
	}
}

func TestParseMetrics(t *testing.T) {
	got, err := parseMetrics("# HELP a help\n# TYPE a counter\na 1\n\nb{x=\"1 2\",y=\"z\"} 2.5e+06\nc_bucket{le=\"+Inf\"} +Inf\n")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got["a"] != 1 || got[`b{x="1 2",y="z"}`] != 2.5e6 || got[`c_bucket{le="+Inf"}`] < 1e300 {
		t.Errorf("got %v", got)
	}
	for _, text := range []string{"a", "a b", "{x=\"1\"}"} {
		if _, err := parseMetrics(text); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}
