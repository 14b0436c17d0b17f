test("who may see is not looked at", () => {
  assert.equal(mock.query({sql: "SELECT email FROM t", user: "app"}).observe, false)
  assert.equal(mock.query({sql: "SELECT email FROM t", user: "support"}).observe, true)
})

test("columns are masked, whatever they are called", () => {
  const r = mock.result({sql: "SELECT", user: "support"}, {
    columns: [{name: "id", type: "BIGINT"}, "email", {name: "p", orgName: "phone"}],
    rows: [[1, "jane@example.org", "0123456789"], [2, null, "12"], [3, "x@y", "0"]],
  })
  assert.deepEqual(r.rows, [
    {id: 1, email: "j***@example.org", p: "********89"}, {id: 2, email: null, p: "12"}, {id: 3, email: "x***@y", p: "0"},
  ])
})

test("other results pass as they are", () => {
  assert.deepEqual(mock.result("SELECT", [{id: 1}]).rows, [{id: 1}])
})
