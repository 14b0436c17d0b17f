package auth

import (
	"testing"

	"parkway/protocol"
)

func TestLacksNative(t *testing.T) {
	tests := []struct {
		name       string
		attributes []protocol.Attribute
		want       bool
	}{
		{"none", nil, false},
		{"MySQL 9", []protocol.Attribute{{Key: "_os", Value: "Linux"}, {Key: "_client_version", Value: "9.7.4"}, {Key: "_client_name", Value: "libmysql"}}, true},
		{"MySQL 10", []protocol.Attribute{{Key: "_client_name", Value: "libmysql"}, {Key: "_client_version", Value: "10.0.0"}}, true},
		{"MySQL 8.4", []protocol.Attribute{{Key: "_client_name", Value: "libmysql"}, {Key: "_client_version", Value: "8.4.6"}}, false},
		{"MariaDB", []protocol.Attribute{{Key: "_client_name", Value: "libmariadb"}, {Key: "_client_version", Value: "10.11.14"}}, false},
		{"Connector/J 9", []protocol.Attribute{{Key: "_client_name", Value: "MySQL Connector/J"}, {Key: "_client_version", Value: "9.1.0"}}, false},
		{"no version", []protocol.Attribute{{Key: "_client_name", Value: "libmysql"}}, false},
		{"odd version", []protocol.Attribute{{Key: "_client_name", Value: "libmysql"}, {Key: "_client_version", Value: "new"}}, false},
	}
	for _, tt := range tests {
		if got := LacksNative(tt.attributes); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
