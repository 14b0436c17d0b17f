const q = {sql: "SELECT name, digits FROM currencies WHERE code = 'EUR'", schema: "shop"}

test("the second time there is no server", () => {
  const first = mock.query(q)
  assert.equal(first.reply, undefined)
  assert.equal(first.observe, true)
  assert.deepEqual(mock.result(q, [{name: "Euro", digits: 2}]).rows, [{name: "Euro", digits: 2}])
  const second = mock.query(q)
  assert.deepEqual(second.reply.rows, [{name: "Euro", digits: 2}])
  assert.deepEqual(second.tags, ["from the cache"])
})

test("what does not fit is asked each time", () => {
  for (const more of [{schema: "other"}, {user: "other"}, {inTransaction: true}, {command: "COM_STMT_PREPARE"}, {sql: "SELECT name FROM orders WHERE id = 5"}]) {
    assert.equal(mock.query({...q, ...more}).reply, undefined)
  }
})

test("large results are not kept", () => {
  const many = {...q, sql: "SELECT name FROM countries WHERE id = 5"}
  mock.result(many, Array.from({length: 8}, (_, i) => ({name: "n" + i})))
  assert.equal(mock.query(many).reply, undefined)
})
