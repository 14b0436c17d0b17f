package scripting

import (
	"errors"
	"slices"
	"strconv"

	"github.com/dop251/goja"

	"parkway/scripting/hook"
)

// stream shows the rows of a result to the functions that onResult has named. It implements hook.Stream, and holds the machine that they belong to.
type stream struct {
	// Immutable.
	loop    *Loop
	edition *edition
	r       *resultObject
	q       *queryObject

	// Owned by the loop; while a call is made on the pool, by that.
	out    hook.Batch
	most   int  // how large that may become
	failed bool // the rest of the rows is passed on as it comes
	over   bool
}

// close lets go of the machine.
func (s *stream) close() {
	if !s.over {
		s.over = true
		s.r.m.release()
	}
}

// Abort is hook.Stream's.
func (s *stream) Abort() { s.close() }

// passed is the verdict on rows that are passed on as they came. Not to be changed.
var passed = &hook.RowsVerdict{Same: true}

// Rows is hook.Stream's.
func (s *stream) Rows(b *hook.Batch, w hook.ResultWaiter) (*hook.RowsVerdict, hook.Pending) {
	if s.failed || !s.r.seesRows() {
		return passed, nil
	}
	v := new(hook.RowsVerdict)
	run := func(*machine) (goja.Value, error) {
		*v = hook.RowsVerdict{}
		return nil, s.show(b, v)
	}
	finish := func(why *failure) *hook.RowsVerdict {
		if why == nil {
			return v
		}
		if s.r.reshapes() || s.loop.engine.limits.Load().reject {
			return &hook.RowsVerdict{Reject: rejection(hook.OnResult, why.outcome)}
		}
		s.failed = true
		return passed
	}
	if s.r.m.pooled {
		return later(s.loop, &job{edition: s.edition, hook: hook.OnResult, machine: s.r.m, body: run}, finish, w.RowsAnswered)
	}
	_, why := s.loop.callOn(s.r.m, s.edition, hook.OnResult, run)
	return finish(why), nil
}

// batchRow is a row on its way through the functions.
type batchRow struct {
	row    *rowObject
	object *goja.Object
}

// show gives a batch to the functions, and gathers what becomes of it.
func (s *stream) show(b *hook.Batch, v *hook.RowsVerdict) error {
	r := s.r
	r.running, r.stop = true, false
	all := make([]batchRow, b.Len())
	defer func() {
		r.running = false
		for _, x := range all {
			x.row.values = nil
		}
	}()
	for i := range all {
		all[i].row, all[i].object = r.newRow(b.Row(i))
	}
	rows, err := s.inBatches(slices.Clone(all))
	if err != nil {
		return err
	}
	same := len(rows) == len(all) && !r.reshapes()
	s.out.Reset(len(r.head.Columns) - len(r.dropped) + len(r.added))
	s.most = maxReply + b.Size()
	v.Stop, r.stop = r.stop, false // of the function that sees many rows at once
	for i := range rows {
		if r.stop { // by the row before
			same = false
			break
		}
		if err := s.one(&rows[i]); err != nil {
			return err
		}
		x := rows[i]
		if same && (i >= len(all) || x.row != all[i].row || x.row.changed != nil || x.row.dropped) {
			same = false
		}
		if x.row.dropped {
			continue
		}
		if err := s.emit(x); err != nil {
			return err
		}
	}
	v.Stop = v.Stop || r.stop
	if v.Same = same; !same {
		v.Rows = &s.out
	}
	return nil
}

// inBatches gives the rows to the function that sees many at once, and returns those that remain.
func (s *stream) inBatches(all []batchRow) ([]batchRow, error) {
	r := s.r
	if r.batches == nil {
		return all, nil
	}
	objects := make([]any, len(all))
	for i := range all {
		objects[i] = all[i].object
	}
	v, err := r.batches(goja.Undefined(), r.m.rt.NewArray(objects...))
	if err != nil || v == nil || goja.IsUndefined(v) {
		return all, err
	}
	list, isObject := v.(*goja.Object)
	if !isObject || list.ClassName() != "Array" {
		return nil, errors.New("batches: what is returned must be an array of rows, or nothing")
	}
	return s.rowsOf(list)
}

// rowsOf reads an array of rows. It runs parts of the script.
func (s *stream) rowsOf(list *goja.Object) (rows []batchRow, err error) {
	if thrown := s.r.m.rt.Try(func() {
		for i := range s.r.m.length(list) {
			var x batchRow
			if x.row, x.object, err = s.r.rowOf(list.Get(strconv.Itoa(i))); err != nil {
				return
			}
			rows = append(rows, x)
		}
	}); thrown != nil {
		return nil, thrown
	}
	return rows, err
}

// one gives a row to the function that sees each.
func (s *stream) one(x *batchRow) error {
	r := s.r
	if r.each == nil || x.row.dropped {
		return nil
	}
	v, err := r.each(goja.Undefined(), x.object)
	switch {
	case err != nil:
		return err
	case v == nil || goja.IsUndefined(v) || v.SameAs(x.object):
		return nil
	case goja.IsNull(v) || v.StrictEquals(r.m.rt.ToValue(false)):
		x.row.dropped = true
		return nil
	}
	if _, isObject := v.(*goja.Object); !isObject {
		return nil // the value of `row.a = 0`, as arrow functions return it
	}
	var by batchRow
	if thrown := r.m.rt.Try(func() { by.row, by.object, err = r.rowOf(v) }); thrown != nil {
		return thrown
	}
	if err == nil {
		*x = by
	}
	return err
}

// emit adds a row to what the client gets.
func (s *stream) emit(x batchRow) error {
	r := s.r
	for i, v := range x.row.current() {
		if !slices.Contains(r.dropped, i) {
			s.out.Add(v)
		}
	}
	for i := range r.added {
		a := &r.added[i]
		v, err := a.value(goja.Undefined(), x.object)
		if err != nil {
			return err
		}
		var w hook.Value
		if thrown := r.m.rt.Try(func() { w = r.fit(v, len(r.head.Columns)+i, &a.column) }); thrown != nil {
			return thrown
		}
		s.out.Add(w)
	}
	if s.out.Size() > s.most {
		return errors.New("the rows of one batch have become larger than a reply may be")
	}
	return nil
}

// End is hook.Stream's.
func (s *stream) End(e *hook.End, w hook.ResultWaiter) (*hook.EndVerdict, hook.Pending) {
	v := new(hook.EndVerdict)
	if s.failed || s.r.end == nil {
		s.close()
		return v, nil
	}
	end := *e
	var after []*hook.Injection
	o := &queryObject{after: &after}
	run := func(m *machine) (goja.Value, error) {
		*v = hook.EndVerdict{}
		return nil, s.showEnd(m.newQuery(o, s.q.query), &end, v)
	}
	finish := func(why *failure) *hook.EndVerdict {
		if o.m != nil {
			o.close()
		}
		s.close()
		if why == nil {
			v.After = after
			return v
		}
		o.forget()
		return &hook.EndVerdict{Reject: s.loop.onError(hook.OnResult, why)}
	}
	if s.r.m.pooled {
		return later(s.loop, &job{edition: s.edition, hook: hook.OnResult, machine: s.r.m, body: run, undo: o.forget}, finish, w.EndAnswered)
	}
	_, why := s.loop.callOn(s.r.m, s.edition, hook.OnResult, run)
	return finish(why), nil
}

// showEnd calls the function that is told about the end. It may return rows to be added.
func (s *stream) showEnd(q *goja.Object, e *hook.End, v *hook.EndVerdict) error {
	r := s.r
	m := r.m
	o := m.rt.NewObject()
	m.define(o, "rows", m.value(hook.Uint(e.Rows)))
	m.defineSummary(o, &e.OK)
	m.define(o, "error", m.errorOf(e.Err))
	m.define(o, "queryTimeMs", m.milliseconds(e.Time))
	m.define(o, "more", m.rt.ToValue(e.More))
	returned, err := r.end(goja.Undefined(), o, q)
	if err != nil {
		return err
	}
	list, isObject := returned.(*goja.Object)
	if !isObject || list.ClassName() != "Array" || e.Err != nil {
		return nil
	}
	rows, err := s.rowsOf(list)
	if err != nil {
		return err
	}
	s.out.Reset(len(r.head.Columns) - len(r.dropped) + len(r.added))
	s.most = maxReply
	for _, x := range rows {
		if err := s.emit(x); err != nil {
			return err
		}
	}
	if s.out.Len() > 0 {
		v.Rows = &s.out
	}
	return nil
}
