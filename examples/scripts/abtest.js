// A/B by percentage: some of the clients' reads go to a hostgroup with other servers (a new version, another index). A
// client stays on its side. The share can be changed while all runs: it is read from a table every ten seconds.

const NEW = 30
let percent = 5

timer.every(10000, async () => {
  const r = await sql(10, "SELECT value FROM settings WHERE name = 'ab_percent'")
  if (r.rows.length) shared.set("ab percent", Number(r.rows[0].value))
})

function onQuery(q) {
  if (!/^SELECT\b/i.test(q.sql) || q.inTransaction) return
  const side = q.id * 2654435761 % 2 ** 32 / 2 ** 32 * 100 < (shared.get("ab percent") ?? percent)
  if (side) q.route(NEW)
  q.tag(side ? "new" : "old")
}
