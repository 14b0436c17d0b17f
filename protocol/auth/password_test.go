package auth

import (
	"fmt"
	"strings"
	"testing"
)

func TestParsePassword(t *testing.T) {
	const hex40 = "6C8989366EAF75BB670AD8EA7A7FC1176A95CEF4"
	tests := []struct {
		name, in string
		kind     passwordKind
		bad      string // part of the error
	}{
		{"empty", "", emptyPassword, ""},
		{"clear", "secret", clearPassword, ""},
		{"clear, not ASCII", "pässwörd", clearPassword, ""},
		{"hash", "*" + hex40, nativeHash, ""},
		{"hash in lower case", "*" + strings.ToLower(hex40), nativeHash, ""},
		{"hash without its star", hex40, clearPassword, ""},
		{"a star alone", "*", clearPassword, ""},
		{"clear, begins with a star", "*star", clearPassword, ""},
		{"clear, a star and a few hex digits", "*cafe", clearPassword, ""},
		{"a long clear one with a star", "*" + strings.Repeat("x", 40), clearPassword, ""},
		{"hash, one digit lost", "*" + hex40[1:], 0, "not '*' and 40"},
		{"hash, one digit too many", "*" + hex40 + "0", 0, "not '*' and 40"},
		{"hash with a foreign digit", "*" + hex40[:39] + "G", 0, "not '*' and 40"},
		{"NUL", "a\x00b", 0, "NUL"},
		{"caching_sha2 hash", "$A$005$" + strings.Repeat("x", 63), 0, "caching_sha2_password hash"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ParsePassword(tt.in)
			switch {
			case tt.bad != "":
				if err == nil || !strings.Contains(err.Error(), tt.bad) {
					t.Fatalf("error %v, want one with %q", err, tt.bad)
				}
				if strings.Contains(err.Error(), tt.in) {
					t.Fatalf("the error shows the password: %v", err)
				}
			case err != nil:
				t.Fatal(err)
			case p.kind != tt.kind:
				t.Fatalf("kind %d, want %d", p.kind, tt.kind)
			case p.Hashed() != (tt.kind == nativeHash):
				t.Fatalf("Hashed() = %v", p.Hashed())
			}
		})
	}
}

func TestPasswordEqual(t *testing.T) {
	a, b := mustParse(t, "one"), mustParse(t, "one")
	if a != b {
		t.Error("equal passwords differ")
	}
	hash := hashOf("one")
	if mustParse(t, hash) != mustParse(t, strings.ToUpper(hash)) {
		t.Error("equal hashes differ by letter case")
	}
	if a == mustParse(t, "two") || a == mustParse(t, hash) || a == mustParse(t, "") {
		t.Error("different passwords are equal")
	}
}

// The hash is the one SELECT PASSWORD('secret') gives on MariaDB.
func TestStage2(t *testing.T) {
	if got, want := strings.ToUpper(hashOf("secret")), "*14E65567ABDB5135D0CFD9A70B3032C179A49EE7"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDecoy(t *testing.T) {
	clear, hash := mustParse(t, "secret"), mustParse(t, hashOf("secret"))
	if d := clear.Decoy(); d.kind != clearPassword || d == clear || d == clear.Decoy() {
		t.Error("decoy of a clear password")
	}
	if d := hash.Decoy(); d.kind != nativeHash || d == hash || d == hash.Decoy() {
		t.Error("decoy of a hash")
	}
	if d := (Password{}).Decoy(); d.kind != clearPassword {
		t.Error("decoy of an empty password")
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	const secret = "s3cr3t-text"
	p := mustParse(t, secret)
	c := ClearCredential(secret)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{p, &p, c, &c, struct{ P Password }{p}, struct{ C Credential }{c}} {
			if s := fmt.Sprintf(format, v); strings.Contains(s, secret) {
				t.Errorf("%s of %T shows the password: %s", format, v, s)
			}
		}
	}
}
