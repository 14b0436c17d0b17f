package e2e

import (
	"testing"

	"parkway/protocol"
	"parkway/protocol/auth"
	"parkway/protocol/mysqltest"
)

// changeUser sends COM_CHANGE_USER and goes through the authentication.
func changeUser(c *mysqltest.Client, user, password, schema string) error {
	exchange := auth.NewClient(auth.ClientConfig{
		Plugin: c.Greeting.AuthPlugin, Nonce: c.Greeting.Nonce[:], Credential: auth.ClearCredential(password),
	})
	data, _, err := exchange.Step(nil)
	if err != nil {
		return err
	}
	message := protocol.ChangeUser{User: user, AuthData: data, Database: schema, Charset: 45, AuthPlugin: exchange.Plugin()}
	if err := c.WriteCommand(protocol.ComChangeUser, message.Append(nil, c.Capabilities)[1:]...); err != nil {
		return err
	}
	for {
		p, err := c.ReadMessage()
		if err != nil {
			return err
		}
		switch p[0] {
		case 0x00:
			return nil
		case 0xff:
			said := new(protocol.ERR)
			if err := said.Decode(p); err != nil {
				return err
			}
			return said
		}
		out, _, err := exchange.Step(p)
		if err != nil {
			return err
		}
		if out != nil {
			if err := c.WriteMessage(out); err != nil {
				return err
			}
		}
	}
}

func TestRawChangeUser(t *testing.T) {
	who := []string{"SELECT SUBSTRING_INDEX(USER(), '@', 1), DATABASE(), @a, @@autocommit", "SHOW TABLES LIKE 'only_mine'"}
	raw(t, func(t *testing.T, c *mysqltest.Client, seen *transcript) {
		steps := []struct{ user, password, schema string }{
			{"plain", "plain", "app"},
			{"plain", "plain", ""},
			{"app", "app", "sbtest"},
			{"app", "app", "app"},
		}
		seen.failed("before any statement", changeUser(c, "plain", "plain", "app"))
		query(c, seen, who...)
		for _, s := range steps {
			query(c, seen, "SET @a = 1, autocommit = 0", "CREATE TEMPORARY TABLE IF NOT EXISTS app.only_mine (a INT)")
			seen.addf("change to %s: %t", s.user, seen.failed("change", changeUser(c, s.user, s.password, s.schema)))
			query(c, seen, who...)
		}
	})
}

// Who is turned away has lost the connection, as with MySQL; MariaDB lets the
// old user go on.
func TestRawChangeUserDenied(t *testing.T) {
	for _, test := range []struct{ name, user, password string }{
		{"wrong password", "plain", "wrong"},
		{"no password", "plain", ""},
		{"unknown user", "nobody", "x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := sides(t)[1].dial(t, 0)
			err := changeUser(c, test.user, test.password, "app")
			if said, ok := err.(*protocol.ERR); !ok || said.Code != protocol.ErrCodeAccessDenied || said.State != "28000" {
				t.Errorf("%v, want error 1045 (28000)", err)
			}
			if rest, err := c.ExpectEOF(); err != nil || len(rest) > 0 {
				t.Errorf("%q and %v after the error, want the end of the connection", rest, err)
			}
		})
	}
}
