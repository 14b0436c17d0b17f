test("readers share an account", () => {
  const v = mock.auth({user: "ann"})
  assert.deepEqual([v.user, v.hostgroup, v.schema, v.password], ["readonly", 20, "reports", undefined])
  assert.equal(mock.auth({user: "till_ro", schema: "shop"}).schema, "shop")
})

test("others stay who they are", () => assert.equal(mock.auth({user: "app"}).user, ""))

test("root", () => {
  assert.equal(mock.auth({user: "root", clientAddr: "203.0.113.5"}).reject.code, 1045)
  assert.equal(mock.auth({user: "root"}).reject, null)
})

test("too many logins", () => {
  for (let i = 0; i < 20; i++) assert.equal(mock.auth({user: "crazy"}).reject, null)
  assert.equal(mock.auth({user: "crazy"}).reject.code, 1226)
})

test("a network that is not served", () => {
  assert.equal(mock.connect({clientAddr: "192.0.2.9"}).reject.code, 1130)
  assert.equal(mock.connect({clientAddr: "203.0.113.9"}).reject, null)
})
