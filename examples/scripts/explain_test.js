const answer = queryTimeMs => mock.result("SELECT * FROM t", {rows: [{a: 1}], queryTimeMs})

test("a quick one is left alone", () => assert.equal(answer(5).after.length, 0))

test("a slow one is explained, once", () => {
  const r = answer(1500)
  assert.equal(r.after[0].sql, "EXPLAIN SELECT * FROM t")
  r.after[0].answer([{id: 1, table: "t", type: "ALL"}])
  assert.equal(answer(1500).after.length, 0)
  assert.deepEqual(r.rows, [{a: 1}])
})
