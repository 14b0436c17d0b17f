package check

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// loginServer plays a server's part of logins: it sends a packet, waits for the client's, and so on; then it hangs up.
func loginServer(t *testing.T, next func() [][]byte) (addr string) {
	buf := make([]byte, 4096)
	return accepting(t, func(c net.Conn) {
		for i, p := range next() {
			if _, err := c.Write(protocol.AppendPacket(nil, p, byte(2*i))); err != nil {
				break
			}
			if _, err := c.Read(buf); err != nil {
				break
			}
		}
	})
}

// accepting has each connection served, one after the other, and hangs up then.
func accepting(t *testing.T, serve func(net.Conn)) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c)
			c.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-ended
	})
	return l.Addr().String()
}

// A login that is cut or garbled anywhere is an error, panics nowhere, and leaves no goroutine behind.
func TestGarbledLogin(t *testing.T) {
	mysqltest.CheckLeaks(t)
	greeting := func(plugin string) []byte {
		h := protocol.Handshake{
			ServerVersion: "8.0.99", AuthPlugin: plugin, Charset: 45,
			Capabilities: protocol.ClientProtocol41 | protocol.ClientSecureConnection | protocol.ClientPluginAuth,
		}
		return h.Append(nil)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	wrongKey := append([]byte{1}, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})...)
	nonce := strings.Repeat("n", 20)
	native, sha2 := greeting("mysql_native_password"), greeting("caching_sha2_password")
	var logins [][][]byte
	cut := func(before [][]byte, p string) { // at every byte but the first, and garbled there
		for n := 1; n <= len(p); n++ {
			logins = append(logins, append(before[:len(before):len(before)], []byte(p[:n])))
			logins = append(logins, append(before[:len(before):len(before)], []byte(p[:n-1]+"\xff"+p[n:])))
		}
	}
	cut(nil, string(native))
	cut(nil, "\xff\x15\x04#28000denied")
	cut([][]byte{native}, "\xff\x15\x04#28000denied")
	cut([][]byte{native}, "\x00\xfc\x01\x02\xfe\x01\x02\x03\x04\x05\x06\x07\x08\x02\x00")
	cut([][]byte{native}, "\xfemysql_native_password\x00"+nonce+"\x00")
	cut([][]byte{native}, "\xfecaching_sha2_password\x00"+nonce+"\x00")
	cut([][]byte{native}, "\xfeclient_ed25519\x00"+nonce)
	cut([][]byte{sha2}, "\x01\x04")
	logins = append(logins, [][]byte{sha2, []byte("\x01\x04"), wrongKey}, [][]byte{sha2, make([]byte, maxLoginPacket+1)})

	var at atomic.Int32
	addr := loginServer(t, func() [][]byte { return logins[at.Load()] })
	for i := range logins {
		at.Store(int32(i))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		conn, _, err := Dial(ctx, Login{Network: "tcp", Address: addr, User: "monitor", Password: "m"})
		cancel()
		switch {
		case err == nil:
			conn.Close()
		case strings.Contains(err.Error(), "runtime error"), strings.Contains(err.Error(), "interface conversion"):
			t.Errorf("%q: %v", logins[i], err)
		}
	}
}
