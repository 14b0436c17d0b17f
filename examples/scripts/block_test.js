const why = sql => mock.query(sql).reject?.message

test("what is blocked says why", () => {
  assert.equal(why("DELETE FROM orders"), "blocked: DELETE without WHERE")
  assert.equal(why("update orders set a = 5"), "blocked: UPDATE without WHERE")
  assert.equal(why("SELECT sleep(5)"), "blocked: SLEEP()")
})

test("the rest runs", () => {
  assert.equal(why("DELETE FROM orders WHERE id = 5"), undefined)
  assert.equal(why("UPDATE orders SET a = 5 WHERE id = 1"), undefined)
  assert.equal(why("SELECT 'SLEEP('"), undefined)
})
