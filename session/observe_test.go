package session_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parkway/config"
	"parkway/protocol"
	"parkway/protocol/mysqltest"
	"parkway/scripting/hook"
)

// What a script makes of a result of three rows, as a text and prepared, in all dialects, at once and later; the session goes on.
func TestObserved(t *testing.T) {
	const (
		head = "id3 mail3 born3 "
		rows = "(0,m0@,2026-11-21 09:30:00)(1,m1@,NULL)(2,m2@,2026-11-21 09:30:00)"
		end  = " ok 0 0 warn 0 status 22 "
	)
	added := hook.Column{Name: "n", Type: byte(protocol.TypeLongLong), Charset: 63, Length: 20}
	for name, test := range map[string]struct {
		verdict func(r *hook.Result) *hook.ResultVerdict
		want    string
		code    uint16 // in place of that
	}{
		"nothing": {func(*hook.Result) *hook.ResultVerdict { return new(hook.ResultVerdict) }, head + rows + end, 0},
		"sees": {func(*hook.Result) *hook.ResultVerdict {
			return &hook.ResultVerdict{Stream: &viewer{}}
		}, head + rows + end, 0},
		"end only": {func(*hook.Result) *hook.ResultVerdict {
			return &hook.ResultVerdict{EndOnly: true, Stream: &viewer{rows: func(*hook.Batch) *hook.RowsVerdict { panic("rows") }}}
		}, head + rows + end, 0},
		"masks": {func(*hook.Result) *hook.ResultVerdict {
			return &hook.ResultVerdict{Stream: &viewer{rows: masked(all, nil)}}
		}, head + "(0,***,2026-11-21 09:30:00)(1,***,NULL)(2,***,2026-11-21 09:30:00)" + end, 0},
		"drops rows": {func(*hook.Result) *hook.ResultVerdict {
			return &hook.ResultVerdict{Stream: &viewer{rows: masked(func(id int64) bool { return id == 1 }, nil)}}
		}, head + "(1,***,NULL)" + end, 0},
		"drops all": {func(*hook.Result) *hook.ResultVerdict {
			return &hook.ResultVerdict{Stream: &viewer{rows: func(*hook.Batch) *hook.RowsVerdict { return new(hook.RowsVerdict) }}}
		}, head + end, 0},
		"drops and adds columns": {func(r *hook.Result) *hook.ResultVerdict {
			return &hook.ResultVerdict{
				Columns: []hook.Column{r.Columns[0], r.Columns[2], added},
				Stream: &viewer{rows: masked(all, func(v []hook.Value) []hook.Value {
					return []hook.Value{v[0], v[2], hook.Int(v[0].Int() * 10)}
				})},
			}
		}, "id3 born3 n0 (0,2026-11-21 09:30:00,0)(1,NULL,10)(2,2026-11-21 09:30:00,20)" + end, 0},
		"leaves no column": {func(*hook.Result) *hook.ResultVerdict {
			return &hook.ResultVerdict{Columns: []hook.Column{}, Stream: &viewer{}}
		}, "", protocol.ErrCodeUnknown},
		"adds rows at the end": {func(*hook.Result) *hook.ResultVerdict {
			return &hook.ResultVerdict{Stream: &viewer{end: func(e *hook.End) *hook.EndVerdict {
				var b hook.Batch
				b.Reset(3)
				b.AddRow([]hook.Value{hook.Uint(e.Rows), {}, {}})
				return &hook.EndVerdict{Rows: &b}
			}}}
		}, head + rows + "(3,NULL,NULL)" + end, 0},
		"stops": {func(*hook.Result) *hook.ResultVerdict {
			return &hook.ResultVerdict{Stream: &viewer{rows: func(*hook.Batch) *hook.RowsVerdict { return &hook.RowsVerdict{Same: true, Stop: true} }}}
		}, head + rows + end, 0},
		"rejects rows": {func(*hook.Result) *hook.ResultVerdict {
			return &hook.ResultVerdict{Stream: &viewer{rows: func(*hook.Batch) *hook.RowsVerdict {
				return &hook.RowsVerdict{Same: true, Reject: &hook.Rejection{Code: 1142, State: "45000", Message: "no more"}}
			}}}
		}, "", 1142},
		"rejects the end": {func(*hook.Result) *hook.ResultVerdict {
			return &hook.ResultVerdict{Stream: &viewer{end: func(*hook.End) *hook.EndVerdict {
				return &hook.EndVerdict{Reject: &hook.Rejection{Code: 1143, State: "45000", Message: "not that"}}
			}}}
		}, "", 1143},
		"rejects all": {func(*hook.Result) *hook.ResultVerdict {
			return &hook.ResultVerdict{Reject: &hook.Rejection{Code: 1144, State: "45000", Message: "none"}}
		}, "", 1144},
		"a value that its column cannot have": {func(*hook.Result) *hook.ResultVerdict {
			return &hook.ResultVerdict{Stream: &viewer{rows: masked(all, func(v []hook.Value) []hook.Value {
				return []hook.Value{{Kind: hook.KindUnknown}, v[1], v[2]}
			})}}
		}, "", protocol.ErrCodeUnknown},
		"replies rows": {func(*hook.Result) *hook.ResultVerdict {
			return &hook.ResultVerdict{Reply: table([]hook.Value{hook.Int(5), hook.Text("five")}).Reply}
		}, "id0 name0 (5,five) ok 0 0 warn 3 status 22 ", 0},
		"replies OK": {func(*hook.Result) *hook.ResultVerdict {
			return &hook.ResultVerdict{Reply: &hook.Reply{OK: hook.Summary{AffectedRows: 5, InsertID: 6, Info: "done"}}}
		}, " ok 5 6 warn 0 status 22 done", 0},
	} {
		for dialect, caps := range dialects {
			for form, run := range forms {
				for _, waits := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/%s/%s/later %v", name, dialect, form, waits), func(t *testing.T) {
						var streams []*viewer
						p := observing(nil)
						p.result = func(q hook.Query, r *hook.Result) *hook.ResultVerdict {
							if q.Command() == hook.ComStmtPrepare || r.Columns == nil {
								return new(hook.ResultVerdict)
							}
							v := test.verdict(r)
							if s, ok := v.Stream.(*viewer); ok {
								streams = append(streams, s)
								if waits {
									s.wait(p)
								}
							}
							if waits {
								p.answersSoon(v)
								return nil
							}
							return v
						}
						w := newShop(t, p)
						c := w.with(caps&^protocol.ClientLongPassword | protocol.MariaDBExtendedMetadata)
						for range 2 {
							results, err := run(t, c, 3)
							if test.code != 0 {
								wantERR(t, err, test.code, "")
							} else if err != nil {
								t.Fatal(err)
							} else if got := shown(t, &results[0], form == "prepared"); got != test.want {
								t.Errorf("\n got %q\nwant %q", got, test.want)
							}
							mustQuery(t, c, "SET a")
						}
						w.on(0, func() {
							for _, s := range streams {
								if s.ended != 1 {
									t.Errorf("a stream was ended %d times", s.ended)
								}
							}
						})
					})
				}
			}
		}
	}
}

// A script sees the client's statement, whatever of it the server was sent: rewritten by the script, by the proxy, too long to be held, sent again.
func TestObservedStatement(t *testing.T) {
	var seen []string
	p := newPolicy(func(q hook.Query) *hook.Verdict {
		return verdict(func(v *hook.Verdict) {
			v.Result = true
			if strings.Contains(string(q.SQL()), "rewrite") && q.Command() == hook.ComQuery {
				v.SQL, v.HasSQL = "SELECT 1", true
			}
		})
	})
	p.result = func(q hook.Query, r *hook.Result) *hook.ResultVerdict {
		params := 0
		for _, v := range q.Params() {
			params += len(v.Bytes)
		}
		size := len(q.SQL())
		if !q.Whole() {
			size = min(size, 64<<10-protocol.HeaderLen-1) // how much more of it has come by then is chance
		}
		seen = append(seen, fmt.Sprintf("%.30s %d %v %s %d", q.SQL(), size, q.Whole(), q.AppendDigestText(nil), params))
		if q.Whole() == (q.Digest() == 0) {
			t.Errorf("%.30s: digest %x", q.SQL(), q.Digest())
		}
		return new(hook.ResultVerdict)
	}
	died := false
	w := newShop(t, p, func(s *setup) {
		s.server.Handler = func(cmd protocol.Command, payload []byte, a *mysqltest.Answer) {
			if !died && strings.Contains(string(payload), "'dies'") {
				died = true
				a.Die()
				return
			}
			shop(cmd, payload, a)
		}
	})
	c := w.dial()
	for _, sql := range []string{"SELECT 2", "SELECT 3 /*rewrite*/", "SELECT CONNECTION_ID()", "SELECT 1 FROM 'dies'", "SELECT 2 -- " + strings.Repeat("x", 1<<20)} {
		for range 2 {
			mustQuery(t, c, sql)
		}
	}
	st := mustPrepare(t, c, "SELECT 2 -- ?")
	if _, err := st.Execute([]byte("parameter")); err != nil {
		t.Fatal(err)
	}
	w.on(0, func() {
		want := []string{
			"SELECT 2 8 true SELECT ? 0", "SELECT 3 /*rewrite*/ 20 true SELECT ? 0", "SELECT CONNECTION_ID() 22 true SELECT CONNECTION_ID() 0",
			"SELECT 1 FROM 'dies' 20 true SELECT ? FROM ? 0", "SELECT 2 -- xxxxxxxxxxxxxxxxxx 65531 false SELECT ? 0",
		}
		for i := range want {
			if i >= len(seen)/2 || seen[2*i] != want[i] || seen[2*i+1] != want[i] {
				t.Errorf("%d: seen %q, want %q", i, seen, want[i])
				return
			}
		}
		if last := seen[len(seen)-1]; last != "SELECT 2 -- ? 13 true SELECT ? 9" {
			t.Errorf("of the execution: %q", last)
		}
	})
}

// Answers without rows: an OK, an error.
func TestObservedWithoutRows(t *testing.T) {
	var seen []string
	p := observing(func(q hook.Query, r *hook.Result) *hook.ResultVerdict {
		line := fmt.Sprintf("%s %d %d %q", q.SQL(), r.OK.AffectedRows, r.OK.InsertID, r.OK.Info)
		if r.Err != nil {
			line = fmt.Sprintf("%s %d %s %s", q.SQL(), r.Err.Code, r.Err.State, r.Err.Message)
		}
		seen = append(seen, line)
		switch sql := string(q.SQL()); {
		case strings.Contains(sql, "reply"):
			return &hook.ResultVerdict{Reply: &hook.Reply{OK: hook.Summary{AffectedRows: 9}}}
		case strings.Contains(sql, "reject"):
			return &hook.ResultVerdict{Reject: &hook.Rejection{Code: 1142, State: "45000", Message: "no"}}
		case strings.Contains(sql, "rows"):
			return &hook.ResultVerdict{Reply: table([]hook.Value{hook.Int(1), hook.Text("a")}).Reply}
		}
		return new(hook.ResultVerdict)
	})
	for dialect, caps := range dialects {
		t.Run(dialect, func(t *testing.T) {
			seen = nil
			w := newShop(t, p)
			c := w.with(caps)
			for _, test := range []struct {
				sql, want string
				code      uint16
			}{
				{"INSERT;", " ok 2 7 warn 0 status 2 done", 0},
				{"INSERT 'reply';", " ok 9 0 warn 0 status 2 ", 0},
				{"INSERT 'rows';", "id0 name0 (1,a) ok 0 0 warn 3 status 2 ", 0},
				{"INSERT 'reject';", "", 1142},
				{"BAD;", "", 1064},
				{"BAD; reply", " ok 9 0 warn 0 status 2 ", 0},
				{"BAD; reject", "", 1142},
			} {
				results, err := c.Query(test.sql)
				if test.code != 0 {
					wantERR(t, err, test.code, "")
					continue
				}
				if err != nil {
					t.Errorf("%s: %v", test.sql, err)
					continue
				}
				if got := shown(t, &results[len(results)-1], false); got != test.want {
					t.Errorf("%s: %q, want %q", test.sql, got, test.want)
				}
			}
			w.on(0, func() {
				if len(seen) == 0 || !slices.Contains(seen, "BAD; 1064 HY000 bad") {
					t.Errorf("%q", seen)
				}
			})
		})
	}
}

// Each of several results is asked for, with what follows it told apart; what one becomes does not disturb the others.
func TestObservedSeveral(t *testing.T) {
	for dialect, caps := range dialects {
		t.Run(dialect, func(t *testing.T) {
			var seen []string
			p := observing(nil)
			p.result = func(q hook.Query, r *hook.Result) *hook.ResultVerdict {
				n := r.Number
				seen = append(seen, fmt.Sprintf("%d: %d columns, %d affected", n, len(r.Columns), r.OK.AffectedRows))
				view := &viewer{end: func(e *hook.End) *hook.EndVerdict {
					seen = append(seen, fmt.Sprintf("%d: %d rows, more %v", n, e.Rows, e.More))
					return new(hook.EndVerdict)
				}}
				switch n {
				case 0:
					view.rows = masked(func(id int64) bool { return id > 0 }, nil)
				case 1:
					return &hook.ResultVerdict{Reply: table([]hook.Value{hook.Int(1), hook.Text("a")}).Reply}
				case 2:
					view.rows = func(*hook.Batch) *hook.RowsVerdict { return new(hook.RowsVerdict) }
				case 3:
					return &hook.ResultVerdict{Reply: &hook.Reply{OK: hook.Summary{AffectedRows: 4}}}
				}
				return &hook.ResultVerdict{Stream: view}
			}
			w := newShop(t, p)
			c := w.with(caps)
			results := mustQuery(t, c, "SELECT 2;SELECT 3;SELECT 4;INSERT;SELECT 1")
			var got []string
			for i := range results {
				got = append(got, shown(t, &results[i], false))
			}
			want := []string{
				"id0 mail0 born0 (1,***,NULL) ok 0 0 warn 0 status 2a ",
				"id0 name0 (1,a) ok 0 0 warn 3 status 2a ",
				"id0 mail0 born0  ok 0 0 warn 0 status 2a ",
				" ok 4 0 warn 0 status a ",
				"id0 mail0 born0 (0,m0@,2026-11-21 09:30:00) ok 0 0 warn 0 status 22 ",
			}
			if !slices.Equal(got, want) {
				t.Errorf("\n got %q\nwant %q", got, want)
			}
			w.on(0, func() {
				want := []string{
					"0: 3 columns, 0 affected", "0: 2 rows, more true", "1: 3 columns, 0 affected", "2: 3 columns, 0 affected", "2: 4 rows, more true",
					"3: 0 columns, 2 affected", "4: 3 columns, 0 affected", "4: 1 rows, more false",
				}
				if !slices.Equal(seen, want) {
					t.Errorf("seen %q", seen)
				}
			})
			mustQuery(t, c, "SET a")
		})
	}
}

// However the server's bytes are cut, the client reads the same: texts, executions, errors behind rows.
func TestObservedInPieces(t *testing.T) {
	for _, piece := range []int{1, 2, 3, 7, 1000} {
		for _, waits := range []bool{false, true} {
			t.Run(fmt.Sprint(piece, " later ", waits), func(t *testing.T) {
				p := observing(nil)
				p.result = func(hook.Query, *hook.Result) *hook.ResultVerdict {
					view := &viewer{rows: masked(func(id int64) bool { return id != 3 }, nil)}
					if waits {
						view.wait(p)
					}
					return &hook.ResultVerdict{Stream: view}
				}
				w := newShop(t, p, func(s *setup) { s.backend.Down.Piece = piece })
				const (
					end  = " ok 0 0 warn 0 status 22 "
					five = "id0 mail0 born0 (0,***,2026-11-21 09:30:00)(1,***,NULL)(2,***,2026-11-21 09:30:00)(4,***,2026-11-21 09:30:00)"
				)
				for _, caps := range dialects {
					c := w.with(caps)
					results, err := c.Query("SELECT 5;BAD")
					wantERR(t, err, 1064, "bad")
					if got := shown(t, &results[0], false); got != strings.Replace(five+end, "22", "2a", 1) {
						t.Errorf("got %q", got)
					}
					for form, run := range forms {
						results, err := run(t, c, 5)
						if err != nil {
							t.Fatal(err)
						}
						if got := shown(t, &results[0], form == "prepared"); got != five+end {
							t.Errorf("%s: %q", form, got)
						}
					}
				}
			})
		}
	}
}

// The columns of a COM_STMT_PREPARE are those that executions have.
func TestObservedPrepare(t *testing.T) {
	added := hook.Column{Name: "n", Type: byte(protocol.TypeLongLong), Charset: 63, Length: 20}
	for dialect, caps := range dialects {
		for _, waits := range []bool{false, true} {
			t.Run(fmt.Sprint(dialect, " later ", waits), func(t *testing.T) {
				p := observing(nil)
				var commands []string
				p.result = func(q hook.Query, r *hook.Result) *hook.ResultVerdict {
					commands = append(commands, fmt.Sprintf("%s %q", q.Command(), q.SQL()))
					if r.Columns == nil {
						return new(hook.ResultVerdict)
					}
					v := &hook.ResultVerdict{
						Columns: []hook.Column{r.Columns[0], r.Columns[2], added},
						Stream: &viewer{rows: masked(all, func(v []hook.Value) []hook.Value {
							return []hook.Value{v[0], v[2], hook.Int(7)}
						})},
					}
					if waits {
						p.answersSoon(v)
						return nil
					}
					return v
				}
				w := newShop(t, p)
				c := w.with(caps&^protocol.ClientLongPassword | protocol.MariaDBExtendedMetadata)
				st := mustPrepare(t, c, "SELECT 2 -- ?")
				var names []string
				for _, d := range st.ColumnDefinitions {
					names = append(names, fmt.Sprint(d.Name, len(d.Extended)))
				}
				if want := []string{"id3", "born3", "n0"}; !slices.Equal(names, want) || st.Columns != 3 || st.Params != 1 || len(st.ParamDefinitions) != 1 {
					t.Errorf("prepared: %q, %d columns, %d parameters", names, st.Columns, st.Params)
				}
				results, err := st.Execute([]byte("p"))
				if err != nil {
					t.Fatal(err)
				}
				if got := shown(t, &results[0], true); !strings.HasPrefix(got, "id3 born3 n0 (0,2026-11-21 09:30:00,7)(1,NULL,7) ok") {
					t.Errorf("executed: %q", got)
				}
				w.on(0, func() {
					want := []string{`COM_STMT_PREPARE "SELECT 2 -- ?"`, `COM_STMT_EXECUTE "SELECT 2 -- ?"`}
					if !slices.Equal(commands, want) {
						t.Errorf("asked about %q", commands)
					}
				})
			})
		}
	}
}

// An execution whose answer the script sees opens no cursor; one that it does not look at does.
func TestObservedCursor(t *testing.T) {
	for _, sees := range []bool{true, false} {
		p := newPolicy(func(hook.Query) *hook.Verdict { return verdict(func(v *hook.Verdict) { v.Result = sees }) })
		p.result = func(hook.Query, *hook.Result) *hook.ResultVerdict { return new(hook.ResultVerdict) }
		w := newShop(t, p)
		c := w.dial()
		st := mustPrepare(t, c, "SELECT 2 -- ?")
		if _, err := st.ExecuteFlags(protocol.CursorReadOnly, []byte("p")); err != nil {
			t.Fatal(err)
		}
		list := w.server.Commands()
		if flags := list[len(list)-1].Payload[5]; flags != 0 == sees {
			t.Errorf("seen %v: flags %x", sees, flags)
		}
	}
}

// Rows of all sizes go through: in parts, of more than a batch, of several packets. One that is larger than may be ends the answer.
func TestObservedLargeRows(t *testing.T) {
	for _, sees := range []string{"the end", "rows", "changes"} {
		t.Run(sees, func(t *testing.T) {
			changes := sees == "changes"
			p := observing(func(_ hook.Query, r *hook.Result) *hook.ResultVerdict {
				view := &viewer{}
				if changes {
					var out hook.Batch
					view.rows = func(b *hook.Batch) *hook.RowsVerdict {
						out.Reset(3)
						for i := range b.Len() {
							v := slices.Clone(b.Row(i))
							v[0] = hook.Int(-v[0].Int())
							out.AddRow(v)
						}
						return &hook.RowsVerdict{Rows: &out}
					}
				}
				return &hook.ResultVerdict{Stream: view, EndOnly: sees == "the end"}
			})
			w := newShop(t, p)
			c := w.dial()
			const beside = 10 // the text, in the second row as it comes
			for _, test := range []struct{ rows, size int }{
				{2, 30 << 10}, {2, 40 << 10}, {2, 100 << 10},
				{2, protocol.MaxPayload - beside}, // two packets, and one of the largest size with an empty one behind it
				{1, 2 * protocol.MaxPayload},
			} {
				results := mustQuery(t, c, fmt.Sprintf("SELECT %d of %d", test.rows, test.size))
				rows, err := results[0].Text()
				last := test.rows - 1
				if err != nil || len(rows) != test.rows || len(rows[last][1]) != test.size+3 || changes && last > 0 && rows[last][0] != "-1" {
					t.Fatalf("%d bytes: %d rows, %v", test.size, len(rows), err)
				}
				if n := len(results[0].Rows[last]); test.size == protocol.MaxPayload-beside && !changes && n != protocol.MaxPayload {
					t.Errorf("the last row has %d bytes, not %d", n, protocol.MaxPayload)
				}
			}
			if sees == "the end" {
				return
			}
			settings := config.Default().MySQL
			settings.MaxAllowedPacket = 1 << 20
			w.Apply(&settings, w.Users(), nil)
			_, err := c.Query(fmt.Sprintf("SELECT 1 of %d", 3<<20))
			wantERR(t, err, protocol.ErrCodeUnknown, "larger than 'max_allowed_packet'")
			mustQuery(t, c, "SET a")
		})
	}
}

// A file of the client's, also behind a result that has become shorter.
func TestObservedInfile(t *testing.T) {
	for _, waits := range []bool{false, true} {
		p := observing(nil)
		p.result = func(_ hook.Query, r *hook.Result) *hook.ResultVerdict {
			view := &viewer{rows: masked(func(int64) bool { return false }, nil)}
			if waits {
				view.wait(p)
			}
			return &hook.ResultVerdict{Stream: view}
		}
		w := newShop(t, p)
		c := w.dial()
		for _, size := range []int{0, 5, 100_000} {
			c.Infile = func(string) []byte { return make([]byte, size) }
			for _, sql := range []string{"LOAD DATA;", "SELECT 3;LOAD DATA;SELECT 1"} {
				results := mustQuery(t, c, sql)
				ok := slices.IndexFunc(results, func(r mysqltest.Result) bool { return r.Columns == nil })
				if got := results[ok].OK.AffectedRows; got != uint64(size) {
					t.Errorf("%s: %d bytes, want %d", sql, got, size)
				}
			}
		}
	}
}
