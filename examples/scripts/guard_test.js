test("others are not asked", () => assert.equal(mock.query({sql: "SELECT 1", user: "app"}).hostgroup, undefined))

test("closed, then open", () => {
  assert.equal(mock.query({sql: "SELECT 1", user: "reports"}).reject.code, 1142)
  mock.sql("SELECT open FROM permits", [{open: 1}])
  assert.equal(mock.query({sql: "SELECT 1", user: "reports"}).reject, null)
  assert.equal(mock.query({sql: "SELECT 1", user: "reports"}).hostgroup, 40)
})
