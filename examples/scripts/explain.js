// EXPLAIN for slow queries: a SELECT that took longer than a second is explained behind its answer, on the same
// connection, and the plan is logged. Each kind of statement once in ten minutes.

const SLOW_MS = 1000
const EVERY_MS = 10 * 60 * 1000

function onQuery(q) { q.observe(/^SELECT\b/i.test(q.digestText)) }
onQuery.cacheBy = "digest"

function onResult(q, result) {
  result.end((summary, q) => {
    if (summary.queryTimeMs < SLOW_MS || q.prepared) return
    if (!shared.compareAndSet("explained " + q.digest, undefined, true, EVERY_MS)) return
    q.after("EXPLAIN " + q.sql, plan => {
      log.warn("slow query", {digest: q.digestText, ms: summary.queryTimeMs, rows: summary.rows, plan: plan.rows})
    })
  })
}
