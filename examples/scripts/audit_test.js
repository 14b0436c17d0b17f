test("only what changes something is looked at", () => {
  assert.equal(mock.query("SELECT 1").observe, false)
  assert.equal(mock.query("update t set a = 1").observe, true)
  assert.equal(mock.query("DROP TABLE t").observe, true)
})

test("nothing changes for the client", () => {
  assert.equal(mock.result({sql: "DELETE FROM t", user: "app"}, {affectedRows: 3}).error, null)
  assert.equal(mock.auth({user: "app"}).reject, null)
})
