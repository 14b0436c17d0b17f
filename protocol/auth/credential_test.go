package auth

import (
	"crypto/sha1"
	"testing"
)

func TestCredential(t *testing.T) {
	stage1 := newClearPassword("secret").stage1
	stage2 := newClearPassword("secret").stage2
	tests := []struct {
		name         string
		c            Credential
		known, empty bool
		opens        bool
	}{
		{"none", Credential{}, false, false, false},
		{"SHA1", sha1Credential(stage1), true, false, true},
		{"clear", ClearCredential("secret"), true, false, true},
		{"other clear", ClearCredential("Secret"), true, false, false},
		{"empty", ClearCredential(""), true, true, false},
		{"of a clear password", mustParse(t, "secret").Credential(), true, false, true},
		{"of a hash", mustParse(t, hashOf("secret")).Credential(), false, false, false},
		{"of an empty password", Password{}.Credential(), true, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.c.Known(); got != tt.known {
				t.Errorf("Known() = %v", got)
			}
			if got := tt.c.empty(); got != tt.empty {
				t.Errorf("empty() = %v", got)
			}
			if got := tt.c.opens(stage2); got != tt.opens {
				t.Errorf("opens() = %v", got)
			}
		})
	}
	ladder := []Credential{{}, sha1Credential(stage1), ClearCredential("secret")}
	for i, c := range ladder {
		for j, d := range ladder {
			if got := c.Better(d); got != (i > j) {
				t.Errorf("%d better than %d: %v", i, j, got)
			}
		}
	}
}

// A credential that knows nothing must not open an account whose stored hash is that of twenty zero bytes.
func TestNothingOpensNothing(t *testing.T) {
	var zeros Credential
	zeros.knows = knowsSHA1
	if !zeros.opens(sha1.Sum(zeros.stage1[:])) {
		t.Fatal("the test's hash is wrong")
	}
	if (Credential{}).opens(sha1.Sum(zeros.stage1[:])) {
		t.Error("the zero credential opens an account")
	}
}
