package auth

import "testing"

// What a login costs, and that it costs the same for users that are not there.
func BenchmarkServer(b *testing.B) {
	const secret = "secret"
	clear, hash := mustParse(b, secret), mustParse(b, hashOf(secret))
	native, sha2 := answerTo(b, NativePassword, secret, greetingNonce), answerTo(b, CachingSHA2Password, secret, greetingNonce)
	encrypted, err := encryptPassword(secret, greetingNonce[:], &testKeys().private.PublicKey)
	if err != nil {
		b.Fatal(err)
	}
	for _, bm := range []struct {
		name     string
		password Password
		plugin   string
		payloads [][]byte
	}{
		{"native", clear, NativePassword, [][]byte{native}},
		{"caching_sha2", clear, CachingSHA2Password, [][]byte{sha2}},
		{"encrypted", hash, CachingSHA2Password, [][]byte{sha2, encrypted}},
	} {
		for _, known := range []bool{true, false} {
			name := bm.name + "/known"
			if !known {
				name = bm.name + "/unknown"
			}
			b.Run(name, func(b *testing.B) {
				cfg := testServer(bm.password, bm.plugin)
				cfg.Known, cfg.LacksNative = known, true
				if bm.plugin == NativePassword {
					cfg.LacksNative = false
				}
				for b.Loop() {
					s := NewServer(cfg)
					for i, in := range bm.payloads {
						if _, done, _ := s.Step(in); done != (known && i == len(bm.payloads)-1) {
							b.Fatalf("step %d: done %v", i, done)
						}
					}
				}
			})
		}
	}
}
