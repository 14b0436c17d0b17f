const to = (sql, more) => mock.query({sql, ...more}).hostgroup

test("reads go to the replicas", () => {
  assert.equal(to("SELECT * FROM t WHERE id = 5"), 20)
  assert.equal(to("select 1"), 20)
  assert.equal(to("SELECT ?", {command: "COM_STMT_PREPARE"}), 20)
})

test("all else stays", () => {
  for (const sql of ["INSERT INTO t VALUES (1)", "SELECT * FROM t FOR UPDATE", "SELECT GET_LOCK('a', 1)", "SELECT NEXTVAL(s)", "SELECT 1; DELETE FROM t",
    "SELECT a INTO @a FROM t", "BEGIN", "SHOW WARNINGS", "SELECT LAST_INSERT_ID(5)"]) {
    assert.equal(to(sql), undefined, sql)
  }
})

test("transactions stay where they are", () => {
  assert.equal(to("SELECT * FROM t WHERE id = 5", {inTransaction: true}), undefined)
})
