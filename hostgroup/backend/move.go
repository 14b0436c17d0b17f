package backend

import (
	"fmt"
	"syscall"

	"parkway/hostgroup"
	"parkway/hostgroup/stmt"
	"parkway/protocol"
	"parkway/protocol/sysvar"
	"parkway/reactor"
)

// Moving is an idle connection on its way from one loop to another.
type Moving struct {
	fd         int
	from       Conn
	statements *stmt.Moving
}

// Detach takes an idle connection from its loop. The connection itself is of no
// use any more; its place in the server's budget goes with what is returned.
func (b *Conn) Detach() (*Moving, error) {
	if b.state != idle {
		return nil, fmt.Errorf("connection to %s is %s", b.spec.Server, b.state)
	}
	fd, err := b.conn.Detach()
	if err != nil {
		return nil, err
	}
	b.setState(closing)
	b.timer.Stop()
	return &Moving{
		fd: fd,
		from: Conn{
			spec: b.spec, born: b.born, host: b.host, port: b.port, moves: b.moves, caps: b.caps, thread: b.thread, ready: true,
			have: b.have, base: b.base, lateSchema: b.lateSchema, runs: b.runs, fresh: b.fresh,
		},
		statements: b.statements.Move(),
	}, nil
}

// Server returns the server at the other end.
func (m *Moving) Server() *hostgroup.Server { return m.from.spec.Server }

// Attach lets the connection go on, idle and owned by nobody, on another loop
// with its own interner and registry of statements. If that fails it is closed,
// and its place given back.
func (m *Moving) Attach(loop *reactor.Loop, in *sysvar.Interner, known *stmt.Registry, closed func(*Conn)) (*Conn, error) {
	b := &m.from
	b.statements = m.statements.Arrive(known)
	b.spec.Closed, b.spec.Interner = closed, in
	b.have.Session = imported(in, b.have.Session)
	if b.base.set {
		b.base = baseline{set: true, state: imported(in, b.base.state)}
	}
	b.state = idle
	b.timer = loop.NewTimer(func() { b.fail(protocol.ErrNoAnswer) })
	if b.have.Tracked {
		b.answer.WatchOK()
	}
	b.answer.SetStatus(protocol.StatusAutocommit)
	var err error
	if b.conn, err = loop.Attach(m.fd, (*events)(b)); err != nil {
		_ = syscall.Close(m.fd) // Attach has not taken it.
		b.spec.Server.Give()
		return nil, err
	}
	b.conn.HearOut(true)
	return b, nil
}

func imported(in *sysvar.Interner, s sysvar.State) sysvar.State {
	return sysvar.State{Vars: in.Import(s.Vars), UserVars: in.Import(s.UserVars)}
}
