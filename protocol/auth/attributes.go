package auth

import (
	"strconv"
	"strings"

	"parkway/protocol"
)

// Connection attributes with which libmysqlclient introduces itself, also on behalf of programs that use it.
const (
	clientNameAttribute    = "_client_name"
	clientVersionAttribute = "_client_version"
	libmysqlclient         = "libmysql"
	nativeRemovedIn        = 9 // major version of MySQL
)

// LacksNative tells from the attributes of a client's first packet whether it is known to have no mysql_native_password: MySQL's
// own client library from version 9 on. Asking it for that plugin would end the connection.
func LacksNative(attributes []protocol.Attribute) bool {
	var name, version string
	for _, a := range attributes {
		switch a.Key {
		case clientNameAttribute:
			name = a.Value
		case clientVersionAttribute:
			version = a.Value
		}
	}
	major, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(major)
	return name == libmysqlclient && err == nil && n >= nativeRemovedIn
}
