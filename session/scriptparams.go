package session

import (
	"parkway/protocol"
	"parkway/scripting/hook"
)

// noParams are the parameters of an execution without any.
var noParams = []hook.Value{}

// Params are the parameters of an execution. They lie in memory of the worker's.
func (a *asking) Params() []hook.Value {
	v := &a.worker.view
	if a.command != protocol.ComStmtExecute || !v.whole {
		return nil
	}
	e := a.now.entry
	values, ok := e.Values(v.packet, &a.now.execution, a.caps)
	count := e.Statement.Params()
	if !ok || count == 0 {
		if ok {
			return noParams
		}
		return nil
	}
	b := &a.worker.params
	b.Reset(count)
	for {
		p, ok := values.Next()
		switch {
		case !ok && b.Len() == 1:
			return b.Row(0)
		case !ok:
			return nil
		case p.Long:
			b.Add(hook.Value{Kind: hook.KindUnknown})
		case p.Null:
			b.Add(hook.Value{})
		default:
			value, n, ok := a.worker.rows.Param(p.Type, p.Unsigned, p.Value)
			if !ok {
				return nil // the server will say so
			}
			b.Add(value)
			values.Skip(n)
		}
	}
}
