package e2e

import (
	"fmt"
	"strings"
	"testing"

	"parkway/bench/servers"
)

// The client programs of both makes, whatever the server is; MySQL 9's has no
// mysql_native_password. The server knows each password in its own way, the
// proxy app's and plain's in clear text and hashed's by the native hash.
func TestProgramLogin(t *testing.T) {
	logins := []struct {
		login
		denied bool
	}{
		{login: login{user: "app", password: "app"}},
		{login: login{user: "plain", password: "plain"}},
		{login: login{user: "hashed", password: "hashed"}},
		{login: login{user: "root"}},
		{login: login{user: "app", password: "wrong"}, denied: true},
		{login: login{user: "app"}, denied: true},
		{login: login{user: "hashed", password: "wrong"}, denied: true},
		{login: login{user: "nobody", password: "nobody"}, denied: true},
	}
	clients := []struct {
		flavor servers.Flavor
		plugin string
	}{
		{servers.MariaDB, ""},
		{servers.MariaDB, "mysql_native_password"},
		{servers.MySQL, ""},
		{servers.MySQL, "caching_sha2_password"},
	}
	proxied := sides(t)[1]
	for _, client := range clients {
		for _, l := range logins {
			if l.user == "root" && client.plugin != "" {
				continue // Connector/C waits for a switch that nobody needs who has no password.
			}
			for _, unix := range []bool{false, true} {
				l.unix = unix
				t.Run(fmt.Sprintf("%s %s %s:%s unix=%t", client.flavor, client.plugin, l.user, l.password, unix), func(t *testing.T) {
					if l.user == "hashed" && client.flavor == servers.MariaDB && !unix && isMySQL(t) {
						t.Skip("the proxy learns SHA1(password) here, and a MySQL server wants the password itself")
					}
					args := []string{"-N", "-e", "SELECT CONCAT('I am ', SUBSTRING_INDEX(USER(), '@', 1))"}
					if client.plugin != "" {
						args = append(args, "--default-auth="+client.plugin)
					}
					o := run(t, proxied.programAs(t, l.login, client.flavor, programs[client.flavor].client, args...), "")
					switch {
					case l.denied:
						if o.code != 1 || !strings.Contains(o.stderr, "ERROR 1045 (28000): parkway: Access denied for user '"+l.user+"'@") {
							t.Errorf("exit code %d, want a denial\n%s%s", o.code, o.stdout, o.stderr)
						}
					case o.code != 0 || o.stdout != "I am "+l.user+"\n":
						t.Errorf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
					}
				})
			}
		}
	}
}
