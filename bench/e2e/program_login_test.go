package e2e

import (
	"fmt"
	"strings"
	"testing"

	"parkway/bench/proxy"
	"parkway/bench/servers"
)

const whoAmI = "SELECT CONCAT('I am ', SUBSTRING_INDEX(USER(), '@', 1))"

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
		{login: login{user: "root", password: "wrong"}, denied: true},
		{login: login{user: "nobody", password: "nobody"}, denied: true},
	}
	clients := []struct {
		flavor servers.Flavor
		plugin string
	}{
		{servers.MariaDB, ""},
		{servers.MariaDB, "mysql_native_password"},
		{servers.MariaDB, "caching_sha2_password"},
		{servers.MySQL, ""},
		{servers.MySQL, "caching_sha2_password"},
	}
	proxied := sides(t)[1]
	for _, client := range clients {
		for _, l := range logins {
			for _, unix := range []bool{false, true} {
				l.unix = unix
				t.Run(fmt.Sprintf("%s %s %s:%s unix=%t", client.flavor, client.plugin, l.user, l.password, unix), func(t *testing.T) {
					if l.user == "hashed" && !l.denied && client.flavor == servers.MariaDB && !unix && isMySQL(t) {
						t.Skip("the proxy learns SHA1(password) here, and a MySQL server wants the password itself: see TestProgramLoginByHash")
					}
					args := []string{"-N", "-e", whoAmI}
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

// By a native hash alone the proxy cannot log in to a MySQL 9 server. The client
// reads what to do, and each of it helps.
func TestProgramLoginByHash(t *testing.T) {
	if !isMySQL(t) {
		t.Skip("MariaDB's servers take mysql_native_password")
	}
	const advice = "put the clear password into mysql_users, or log in once with caching_sha2_password, over the proxy's unix socket or " +
		"with a client of MySQL 9 that encrypts the password (mysql --get-server-public-key)"
	for _, remedy := range []struct {
		name   string
		flavor servers.Flavor
		unix   bool
	}{
		{"unix socket", servers.MariaDB, true},
		{"encrypted", servers.MySQL, false},
	} {
		t.Run(remedy.name, func(t *testing.T) {
			p := parkway.StartT(t, proxy.Options{Config: shared(t).config(), Unix: true})
			s := side{name: "own proxy", host: p.Host, port: p.Port, socket: p.UnixSocket}
			say := func(f servers.Flavor, unix bool) output {
				hashed := login{user: "hashed", password: "hashed", unix: unix}
				return run(t, s.programAs(t, hashed, f, programs[f].client, "-N", "-e", whoAmI), "")
			}
			if o := say(servers.MariaDB, false); o.code != 1 || !strings.Contains(o.stderr, advice) {
				t.Errorf("only the hash is known: exit code %d, want the advice\n%s%s", o.code, o.stdout, o.stderr)
			}
			if o := say(remedy.flavor, remedy.unix); o.code != 0 || o.stdout != "I am hashed\n" {
				t.Errorf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
			}
			if o := say(servers.MariaDB, false); o.code != 0 || o.stdout != "I am hashed\n" {
				t.Errorf("the password is known: exit code %d\n%s%s", o.code, o.stdout, o.stderr)
			}
		})
	}
}
