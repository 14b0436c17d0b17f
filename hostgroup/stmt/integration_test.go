//go:build integration

package stmt

import (
	"database/sql"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	_ "github.com/go-sql-driver/mysql"

	"parkway/bench/servers"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
)

// The tests TestReal... ask real servers whether they understand what Patcher sends them. PARKWAY_FLAVOR says whose: mariadb,
// which is the default, or mysql. Where those are not installed, the tests fail.

var captureTo = flag.String("capture", "", "directory to write what TestCaptures replays to")

var common *servers.Shared

func TestMain(m *testing.M) { servers.Main(m, &common) }

func isMySQL() bool { return os.Getenv("PARKWAY_FLAVOR") == servers.MySQL.String() }

func address(t *testing.T) string {
	s := common.T(t).Servers[0]
	return net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
}

// realServer is a backend connection that several clients use, one after the other.
type realServer struct {
	*mysqltest.Client
	known   *ServerStatements
	patcher Patcher
}

func dialReal(t *testing.T, caps protocol.Capability) *realServer {
	t.Helper()
	c := mysqltest.Dial(t, mysqltest.ClientConfig{Addr: address(t), Database: "app", Capabilities: caps})
	if !c.Capabilities.Has(caps &^ protocol.ClientLongPassword) {
		t.Fatalf("the server lacks %v", caps&^c.Capabilities)
	}
	return &realServer{Client: c, known: NewServerStatements(100)}
}

// realClient opens a statement; texts of the same registry are the same.
func realClient(r *Registry, params int, text string) (*ClientStatements, *Entry) {
	c := NewClientStatements(r, 10, 1<<20)
	e := c.Add(r.Acquire(Context{}, []byte(text)))
	e.Statement.params = params
	return c, e
}

// patch does what has to be done before an execution can go to the server.
func (r *realServer) patch(t *testing.T, c *ClientStatements, e *Entry, m []byte, whole bool) Patch {
	t.Helper()
	x, refusal := e.Read(m, whole, r.Capabilities, "")
	if refusal != nil || x.Need > 0 {
		t.Fatalf("%v, needs %d", refusal, x.Need)
	}
	on := r.known.Find(c.Slot(e))
	if on == nil {
		s, err := r.Prepare(e.Statement.Text)
		if err != nil {
			t.Fatal(err)
		}
		on = r.known.Add(c.Slot(e), s.StatementID)
	}
	return r.patcher.Patch(m, x, on)
}

// execute sends a client's execution and returns the rows, binary.
func (r *realServer) execute(t *testing.T, c *ClientStatements, e *Entry, payload []byte) string {
	t.Helper()
	m := message(payload)
	sent := apply(r.patch(t, c, e, m, true), m)
	results, err := r.Command(protocol.Command(sent[protocol.HeaderLen]), sent[protocol.HeaderLen+1:]...)
	c.Executed(e, r.known, false, err != nil)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%q", results[len(results)-1].Rows)
}

// What a client reads depends on the types that it sent, once; not on the server, nor on the types that others sent there.
func TestRealTypes(t *testing.T) {
	for name, more := range map[string]protocol.Capability{"eof": 0, "ok": protocol.ClientDeprecateEOF, "attributes": attributes} {
		t.Run(name, func(t *testing.T) {
			if name == "attributes" && !isMySQL() {
				t.Skip("MariaDB has no query attributes")
			}
			caps := mysqltest.BaseCapabilities | more
			fresh, first, second := dialReal(t, caps), dialReal(t, caps), dialReal(t, caps)
			r := NewRegistry(10, 1<<20)
			const query = "SELECT HEX(?), ? + 0, LENGTH(?)"
			x := execution{caps: caps & attributes, values: [][]byte{[]byte("1234567"), []byte("1234567"), nil}}
			texts, numbers, without := x, x, x
			texts.types = [][]byte{text, text, {byte(protocol.TypeNull), 0}}
			// The same bytes are other numbers: length and seven characters.
			numbers.types = [][]byte{{byte(protocol.TypeLongLong), 0}, {byte(protocol.TypeLongLong), 0}, text}
			a, ofA := realClient(r, 3, query)
			b, ofB := realClient(r, 3, query)
			want := fresh.execute(t, a, ofA, texts.payload())
			wantNumbers := first.execute(t, b, ofB, numbers.payload())
			if want == wantNumbers {
				t.Fatalf("the types make no difference: %s", want)
			}
			for range 2 {
				for i, server := range []*realServer{first, second, fresh} {
					if got := server.execute(t, a, ofA, without.payload()); got != want {
						t.Errorf("server %d: %s, want %s", i, got, want)
					}
					if got := server.execute(t, b, ofB, without.payload()); got != wantNumbers {
						t.Errorf("server %d, numbers: %s, want %s", i, got, wantNumbers)
					}
				}
			}
		})
	}
}

// A value of several packets, with types put in front.
func TestRealMegabytes(t *testing.T) {
	if _, err := common.T(t).Servers[0].DB().Exec("SET GLOBAL max_allowed_packet = 67108864"); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{protocol.MaxPayload - 22, 2*protocol.MaxPayload - 27} {
		server := dialReal(t, mysqltest.BaseCapabilities)
		c, e := realClient(NewRegistry(1, 100), 2, "SELECT LENGTH(?), ?")
		told(e, append(append([]byte{}, text...), text...))
		x := execution{values: [][]byte{make([]byte, size), []byte("end")}}
		m := message(x.payload())
		p := server.patch(t, c, e, m[:100], false)
		if p.Splice == nil {
			t.Fatalf("%+v", p)
		}
		PatchID(m, server.known.Find(c.Slot(e)).ID)
		if err := server.WriteRaw(apply(p, m)); err != nil {
			t.Fatal(err)
		}
		// The answer is numbered as the server counts; renumbered, it is what the client expects.
		head := make([]byte, protocol.HeaderLen+1)
		if _, err := io.ReadFull(server.Conn(), head); err != nil {
			t.Fatal(err)
		}
		if p.Splice.Extra() != 1 {
			t.Errorf("%d bytes: no packet more", size)
		}
		r := Renumber{By: p.Splice.Extra()}
		r.Pass(head)
		if _, seq := protocol.Header(head); int(seq) != len(x.payload())/protocol.MaxPayload+1 || head[4] != 2 {
			t.Errorf("%d bytes: the answer begins with %q", size, head)
		}
	}
}

func TestRealBulk(t *testing.T) {
	if isMySQL() {
		t.Skip("MySQL has no COM_STMT_BULK_EXECUTE")
	}
	caps := mysqltest.BaseCapabilities&^protocol.ClientLongPassword | protocol.MariaDBStmtBulk
	db := common.T(t).Servers[0].DB()
	for _, sql := range []string{"DROP TABLE IF EXISTS app.bulk", "CREATE TABLE app.bulk (a INT)"} {
		if _, err := db.Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
	c, e := realClient(NewRegistry(1, 100), 1, "INSERT INTO bulk VALUES (?)")
	for i, types := range [][]byte{integer, nil} {
		server := dialReal(t, caps)
		for range 2 {
			rows := []byte{0, byte(i), 0, 0, 0, 0, byte(i), 0, 0, 0}
			if got := server.execute(t, c, e, bulk(0, 0, types, rows)); got != "[]" {
				t.Error(got)
			}
			types = nil
		}
	}
	var count, sum int
	if err := db.QueryRow("SELECT COUNT(*), SUM(a) FROM app.bulk").Scan(&count, &sum); err != nil || count != 8 || sum != 4 {
		t.Errorf("%d rows, sum %d, %v", count, sum, err)
	}
}

// TestRealCapture records what client programs and libraries send, for TestCaptures.
func TestRealCapture(t *testing.T) {
	if *captureTo == "" {
		t.Skip("-capture DIR records")
	}
	name := "mariadb-"
	if isMySQL() {
		name = "mysql-"
	}
	record := func(client string, run func(t *testing.T, host, port string)) {
		t.Run(client, func(t *testing.T) {
			said := new(mysqltest.Transcript)
			wire := mysqltest.NewWire(t, mysqltest.WireConfig{Target: address(t), Transcript: said})
			host, port, err := net.SplitHostPort(wire.Addr())
			if err != nil {
				t.Fatal(err)
			}
			run(t, host, port)
			if err := os.WriteFile(filepath.Join(*captureTo, name+client+".txt"), []byte(said.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
	record("go-sql-driver", captureDriver)
	if !isMySQL() { // MySQL's login is not for its library
		record("sysbench", captureSysbench)
	}
	record("attributes", captureAttributes)
}

func captureDriver(t *testing.T, host, port string) {
	db, err := sql.Open("mysql", "root@tcp("+net.JoinHostPort(host, port)+")/app")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	s, err := db.Prepare("SELECT ?, ?, ?")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]any{{1, "text", nil}, {nil, []byte{0, 1}, 2.5}, {int64(-1), true, "x"}} {
		rows, err := s.Query(args...)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
		}
		rows.Close()
	}
	s.Close()
}

func captureSysbench(t *testing.T, host, port string) {
	s := common.T(t).Servers[0]
	sysbench := func(host, port, command string) {
		out, err := exec.Command("sysbench", "oltp_read_write", "--mysql-host="+host, "--mysql-port="+port, "--mysql-user=app",
			"--mysql-password=app", "--table-size=100", "--range_size=2", "--events=2", "--time=0", command).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	sysbench(s.Host, strconv.Itoa(s.Port), "prepare")
	sysbench(host, port, "run")
	sysbench(s.Host, strconv.Itoa(s.Port), "cleanup")
}

// captureAttributes sends types once, as the C libraries do, and query attributes where the server has them.
func captureAttributes(t *testing.T, host, port string) {
	c := mysqltest.Dial(t, mysqltest.ClientConfig{Addr: net.JoinHostPort(host, port), Capabilities: mysqltest.BaseCapabilities | attributes})
	s, err := c.Prepare("SELECT ?, ?")
	if err != nil {
		t.Fatal(err)
	}
	caps := c.Capabilities & attributes
	one, other := [][]byte{[]byte("a"), nil}, [][]byte{[]byte("b"), []byte("c")}
	list := []execution{
		{values: one, types: [][]byte{text, integer}}, {values: one}, {values: other, types: [][]byte{text, text}}, {values: other},
	}
	if caps != 0 {
		traced := execution{values: append(other, []byte("trace")), types: [][]byte{text, text, text}, names: []string{"", "", "traceparent"}}
		list = append(list, traced, execution{values: one})
	}
	for _, x := range list {
		x.id, x.caps = s.StatementID, caps
		if _, err := c.Command(protocol.ComStmtExecute, x.payload()[1:]...); err != nil {
			t.Fatal(err)
		}
	}
}
