package e2e

import (
	"fmt"
	"os/exec"
	"regexp"
	"testing"
)

// The proxy under sysbench, in both protocols: no error, no reconnect.
func TestSysbench(t *testing.T) {
	program, err := exec.LookPath("sysbench")
	if err != nil {
		t.Fatalf("%v: make test installs it", err)
	}
	proxied := sides(t)[1]
	sysbench := func(t *testing.T, args ...string) output {
		t.Helper()
		all := append([]string{"--db-driver=mysql", "--mysql-host=" + proxied.host, fmt.Sprintf("--mysql-port=%d", proxied.port),
			"--mysql-user=app", "--mysql-password=app", "--mysql-db=sbtest", "--mysql-ssl=off", "--tables=2", "--table-size=1000"}, args...)
		o := run(t, exec.Command(program, all...), "")
		if o.code != 0 {
			t.Fatalf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
		}
		return o
	}
	sysbench(t, "oltp_common", "cleanup")
	sysbench(t, "oltp_common", "prepare")
	numbers := regexp.MustCompile(`queries: +(\d+)|ignored errors: +(\d+)|reconnects: +(\d+)`)
	t.Run("all", func(t *testing.T) {
		for _, test := range []string{"oltp_point_select", "oltp_read_only", "oltp_read_write"} {
			for _, mode := range []string{"auto", "disable"} {
				t.Run(test+" "+mode, func(t *testing.T) {
					t.Parallel()
					// Writers that meet in a deadlock are the server's business; sysbench begins again.
					o := sysbench(t, "--threads=8", "--time=2", "--rand-type=uniform", "--db-ps-mode="+mode, "--mysql-ignore-errors=1213", test, "run")
					found := numbers.FindAllStringSubmatch(o.stdout, -1)
					if len(found) != 3 {
						t.Fatalf("cannot read\n%s", o.stdout)
					}
					if found[0][1] == "0" || found[2][3] != "0" || test != "oltp_read_write" && found[1][2] != "0" {
						t.Errorf("%s queries, %s ignored errors, %s reconnects", found[0][1], found[1][2], found[2][3])
					}
				})
			}
		}
	})
	sysbench(t, "oltp_common", "cleanup")
}
