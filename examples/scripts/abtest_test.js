const share = () => {
  let n = 0
  for (let id = 1; id <= 1000; id++) if (mock.query({sql: "SELECT 1", id}).hostgroup === 30) n++
  return n / 10
}

test("five percent", () => { const s = share(); assert(s > 2 && s < 9, `${s} %`) })

test("as many as the table says", () => {
  shared.set("ab percent", 50)
  const s = share()
  assert(s > 44 && s < 56, `${s} %`)
  shared.set("ab percent", 0)
  assert.equal(share(), 0)
  shared.delete("ab percent")
})

test("a client stays on its side", () => {
  const q = {sql: "SELECT 1", id: 77}
  assert.equal(mock.query(q).tags[0], mock.query(q).tags[0])
})

test("writes are not tried on anybody", () => assert.equal(mock.query("DELETE FROM t WHERE a = 1").hostgroup, undefined))
