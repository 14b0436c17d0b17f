package main

import (
	"testing"

	"parkway/config"
)

func TestParkwayConfig(t *testing.T) {
	got, err := config.Parse("test", []byte(parkwayConfig("127.0.0.1:1", "127.0.0.1:2", "::1", 3306)))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Servers) != 1 || got.Servers[0].Hostname != "::1" || got.Servers[0].Port != 3306 {
		t.Errorf("servers: %+v", got.Servers)
	}
	if len(got.Users) != 1 || got.Users[0].DefaultHostgroup != got.Servers[0].HostgroupID {
		t.Errorf("users: %+v do not go to the server", got.Users)
	}
	if got.Listen.HTTP != "127.0.0.1:2" || got.Listen.MySQL[0] != "127.0.0.1:1" {
		t.Errorf("listeners: %+v", got.Listen)
	}
}
