// A cache of tiny lookups: rows of a table that hardly ever changes are kept in `shared` for a minute and answered
// without a server. What a client writes is not seen by others before that minute is over: choose such tables.

const TTL_MS = 60 * 1000
const lookup = /^SELECT \w+(, ?\w+)* FROM (currencies|countries) WHERE (code|id) ?= ?('[A-Z]{2,3}'|\d+)$/

// Also by user: an answer is not for those who may not read the table.
function key(q) { return "row " + q.user + " " + q.schema + " " + q.sql }

function onQuery(q) {
  q.observe(false)
  if (q.prepared || q.inTransaction || !lookup.test(q.sql)) return
  const kept = shared.get(key(q))
  if (kept) q.reply(kept).tag("from the cache")
  else q.observe(true)
}

function onResult(q, result) {
  if (result.error) return
  const rows = [], columns = result.columns.map(c => ({name: c.name}))
  result.map(row => { if (rows.length < 10) rows.push(columns.map((_, i) => row[i])) })
  result.end(summary => {
    if (summary.rows <= 5 && summary.warnings === 0 && !summary.error) shared.set(key(q), {columns, rows}, TTL_MS)
  })
}
