test("a tenant is always in the same shard", () => {
  const a = mock.query("SELECT /* tenant=7 */ 1").hostgroup
  assert(a >= 101 && a <= 104)
  assert.equal(mock.query("DELETE FROM t /* tenant=7 */").hostgroup, a)
})

test("tenants are spread", () => {
  const used = new Set
  for (let i = 0; i < 100; i++) used.add(mock.query(`SELECT /*tenant='${i}'*/ 1`).hostgroup)
  assert.equal(used.size, 4)
})

test("a large tenant has its own", () => assert.equal(mock.query("SELECT /* tenant=4711 */ 1").hostgroup, 199))

test("a comment in a literal is none", () => assert.equal(mock.query("SELECT '/* tenant=7 */'").reject.code, 1148))

test("without a tenant", () => {
  assert.match(mock.query("SELECT * FROM t").reject.message, /tenant/)
  assert.equal(mock.query("SET NAMES utf8mb4").reject, null)
  assert.equal(mock.query({sql: "SELECT * FROM t", inTransaction: true}).reject, null)
})

test("a tenant may be called anything", () => {
  for (const name of ["constructor", "__proto__", "toString"]) {
    const shard = mock.query(`SELECT /* tenant=${name} */ 1`).hostgroup
    assert(shard >= 101 && shard <= 104)
  }
})
