package servers

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// optionFile is the server's my.cnf: replication as the flavors have it in
// common, small and fast instead of durable.
func (s *Server) optionFile() string {
	e := s.setup.engine
	lines := []string{
		"[" + filepath.Base(s.setup.installed.daemon) + "]",
		"datadir=" + filepath.Join(s.dir, "data"),
		"socket=" + s.Socket,
		"pid-file=" + filepath.Join(s.dir, "pid"),
		"log-error=" + filepath.Join(s.dir, "error.log"),
		"tmpdir=" + s.dir,
		"bind-address=" + s.Host,
		fmt.Sprintf("port=%d", s.Port),
		"report-host=" + s.Host,
		fmt.Sprintf("report-port=%d", s.Port),
		"skip-name-resolve=1",
		"max-connections=5000",
		"max-connect-errors=1000000",
		fmt.Sprintf("server-id=%d", s.index+1),
		"log-bin=binlog",
		"relay-log=relay",
		"sync-binlog=0",
		"innodb-flush-log-at-trx-commit=2",
		"innodb-buffer-pool-size=64M",
		"innodb-use-native-aio=0",
	}
	lines = append(lines, e.settings(s.setup.installed)...)
	if s.index > 0 {
		lines = append(lines, e.readOnly...)
	}
	if tls := s.setup.tls; tls != nil {
		lines = append(lines, "ssl-ca="+tls.ca, "ssl-cert="+tls.cert, "ssl-key="+tls.key)
	} else {
		lines = append(lines, e.noTLS...)
	}
	return strings.Join(slices.Concat(lines, []string{""}), "\n")
}
