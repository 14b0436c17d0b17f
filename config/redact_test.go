package config

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestSecretsAreNotPrinted(t *testing.T) {
	c := Default()
	c.MySQL.MonitorPassword = "Zq7xW9"
	c.Users = []MySQLUser{{Username: "app", Password: "Zq7xW9"}, {Username: "open"}}
	texts := []string{c.Users[0].String(), c.MySQL.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%10.3v"} {
		for _, v := range []any{c, *c, c.MySQL, &c.MySQL, c.Users, c.Users[0], &c.Users[0], map[string]any{"u": c.Users}} {
			texts = append(texts, fmt.Sprintf(verb, v))
		}
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range append(texts, string(text)) {
		for _, secret := range []string{"Zq7", "5a7137", "5A7137"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q holds a secret", text)
			}
		}
	}
	if got, want := c.Users[0].String(), "{app *** 0  0 false false}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if c.Users[0].Password != "Zq7xW9" || c.MySQL.MonitorPassword != "Zq7xW9" {
		t.Error("printing changed the secret")
	}
}

func TestSecretsAreNotInProblems(t *testing.T) {
	for _, value := range []string{
		"hunter2", "'hunter2\n'", `"hunter2\q"`, "12hunter2", "0xhunter2", "+hunter2", "{ hunter2 }", "[hunter2]", "1.hunter2",
		"1979-hunter2", `"*0123456789ABCDEF0123hunter2"`, `["hunter2"]`, `{ hunter2 = 1 }`,
	} {
		for _, doc := range []string{
			"[[mysql_users]]\nusername = \"app\"\npassword = " + value + "\n",
			"[mysql_variables]\nmonitor_password = " + value + "\n",
			"mysql_users = [{ username = \"a\", password = " + value + " }]\n",
		} {
			if _, err := Parse("t", []byte(doc)); err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%q: %v", doc, err)
			}
		}
	}
}
